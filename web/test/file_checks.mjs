// What the page is where a file of decisions is followed and there is no daemon.
import assert from 'node:assert/strict';
import { columnsWith, hasAllBars, isLive, isOpened, textOf } from './page_under_test.mjs';

const file = '/srv/market/of/a/machine/logs/decisions.ndjson';
const cellNames = ['File', 'Lines/s', 'Lines', 'Decisions', 'Bad lines', 'Duplicates', 'Newest decision'];

const cellsOf = async (page) => {
  const [names, values] = [page.locator('.h-name'), page.locator('.h-value')];
  return [await names.allInnerTexts(), await values.allInnerTexts()];
};

const fits = (page, selector) =>
  page.locator(selector).evaluate((element) => element.scrollWidth <= element.clientWidth);

export async function checkFile(check, { wide, phone }) {
  for (const colorScheme of ['light', 'dark']) {
    const shape = { ...wide, colorScheme };
    await check(`a followed file, ${colorScheme}: closes as a line, and what was read`, { mock: { file }, shape },
      async (page, mock) => {
        await isOpened(page);
        assert.equal(await page.title(), '\u2068BTCUSDT\u2069 · decisions');
        assert.match(await textOf(page, '#readout'), /^\S+ \S+ UTC\s+Close [\d.]+\s+\S+ /);
        assert.ok((await columnsWith(page, '--text')) > 0.85, 'a line');
        assert.ok((await columnsWith(page, '--up')) < 0.3, 'no candles');
        await page.locator('.h-newest .h-value', { hasText: / s$/ }).waitFor();
        await page.waitForTimeout(1500);
        const [names, values] = await cellsOf(page);
        assert.deepEqual(names, cellNames);
        assert.equal(values[0], '…/of/a/machine/logs/decisions.ndjson');
        assert.ok(values.every((value) => /\d|ndjson/.test(value)), values.join(', '));
        assert.ok((await page.getAttribute('.h-file', 'title')).includes(file));
        const before = await textOf(page, '.r-time');
        await page.waitForTimeout(2500);
        assert.notEqual(await textOf(page, '.r-time'), before);
        await hasAllBars(page, mock);
      });
  }

  await check('a followed file knows neither SQL nor a gate', { mock: { file } }, async (page) => {
    await isOpened(page);
    for (const part of ['#sql-button', '#gate']) assert.equal(await page.locator(part).isVisible(), false, part);
    await page.keyboard.press('s');
    assert.equal(await page.locator('#sql').isVisible(), false);
    await page.keyboard.press('?');
    assert.doesNotMatch(await textOf(page, '#help'), /SQL|candle/);
  });

  await check('a file that is not there yet is waited for', { mock: { file, empty: true }, hash: '' },
    async (page, mock) => {
      await page.locator('#chart-note h2', { hasText: `Waiting for ${file}` }).waitFor();
      assert.match(await textOf(page, '.h-file .h-value.warn'), /^▲ waiting for ….*decisions\.ndjson$/);
      assert.equal(await textOf(page, '.h-newest .h-value'), 'none yet');
      assert.equal(await page.title(), 'decisions');
      mock.stream.state = 'reached';
      await page.locator('#chart-note h2', { hasText: `No decision in ${file} yet` }).waitFor();
      mock.begin({ symbols: 3, historyBars: 0 });
      await isOpened(page);
      await page.waitForTimeout(3000);
      assert.equal(await page.getAttribute('#list', 'aria-rowcount'), '4');
      await hasAllBars(page, mock, await textOf(page, '#summary h2'), 1); // of the one that came first
    });

  await check('another file in its place: nothing of the one before stays', { mock: { file } }, async (page, mock) => {
    await isOpened(page);
    await page.waitForTimeout(1500);
    mock.replaceFile({ symbols: 3, historyBars: 40, seed: 7 });
    await page.locator('#list[aria-rowcount="4"]').waitFor();
    await page.waitForTimeout(3000);
    assert.equal(await textOf(page, '#summary h2'), 'BTCUSDT');
    await hasAllBars(page, mock);
    assert.ok((await columnsWith(page, '--text')) < 0.5, 'as short as the new file');
    const { decisions } = mock.market[0];
    assert.equal(Number(await textOf(page, '.s-last')), decisions.at(-1).close);
  });

  const gone = { mock: { file }, hash: '#SOLUSDT' };
  await check('another file without the symbol shows its first, or says that it is empty', gone, async (page, mock) => {
    await isOpened(page);
    mock.replaceFile({ symbols: 3, historyBars: 40 });
    await page.locator('#summary h2', { hasText: 'BNBUSDT' }).waitFor();
    await isOpened(page);
    mock.replaceFile({ symbols: 0 });
    await page.locator('#chart-note h2', { hasText: 'No decision in' }).waitFor();
    assert.equal(await page.getAttribute('#list', 'aria-rowcount'), '1');
  });

  const broken = { mock: { file }, troubles: true };
  await check('a stream of a followed file that breaks goes on without a gap', broken, async (page, mock) => {
    await isOpened(page);
    mock.pause(4000);
    await page.locator('#connection', { hasText: 'Not live' }).waitFor();
    await isLive(page);
    await page.waitForTimeout(2500);
    await hasAllBars(page, mock);
  });

  await check('a followed file on a phone', { mock: { file }, shape: phone }, async (page, mock) => {
    await isOpened(page);
    assert.equal(await page.locator('#tabs button:visible').count(), 3);
    await page.locator('#tabs [data-tab=health]').tap();
    await page.locator('.h-details', { hasText: file }).waitFor();
    assert.ok(await fits(page, '.h-file'), 'the path is cut off');
    await page.locator('#tabs [data-tab=chart]').tap();
    assert.ok((await columnsWith(page, '--text')) > 0.85, 'a line');
    mock.replaceFile({ symbols: 0 });
    await page.locator('#chart-note h2', { hasText: 'No decision in' }).waitFor();
    assert.ok(await fits(page, '#chart-note'), 'the note is cut off');
    assert.equal(await page.locator('#summary').isVisible(), false);
  });
}
