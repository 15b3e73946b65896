// Drives the built page in Chromium against the mock: node test/browser_check.mjs [seconds to measure] [part of a name]
import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';
import { measure, watchFrames } from './browser_measure.mjs';
import { checkFile } from './file_checks.mjs';
import { startMock } from './mock_server.mjs';
import { hasAllBars, isLive, isOpened, textOf } from './page_under_test.mjs';

const seconds = Number(process.argv[2] ?? 10);
const wanted = process.argv[3] ?? '';
const browser = await openBrowser();
const wide = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
let failed = 0;

async function check(name, { mock: mockOptions = {}, shape = wide, hash = '#BTCUSDT', troubles = false }, run) {
  if (!name.includes(wanted)) return;
  const mock = await startMock(mockOptions);
  const context = await browser.newContext(shape);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.stack));
  page.on('request', (request) => request.url().startsWith(mock.url) || complaints.push(`asked for ${request.url()}`));
  try {
    await page.addInitScript(watchFrames);
    await page.goto(mock.url + hash);
    await run(page, mock);
    if (!troubles) assert.deepEqual(complaints, [], 'complaints of the browser');
    const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(width <= 0, `wider than the window by ${width}`);
    console.log(`ok    ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL  ${name}\n${error.stack}\n${complaints.join('\n')}`);
  } finally {
    await context.close();
    await mock.stop();
  }
}

await check('500 symbols, 100 bars a second: live, cheap, and nothing moves', {}, async (page) => {
  await isOpened(page);
  assert.equal(await page.getAttribute('#list', 'aria-rowcount'), '501');
  assert.ok((await page.locator('#list-view .row').count()) < 80, 'only lines in sight are on the page');
  const before = await textOf(page, '.r-time');
  const measured = await measure(page, seconds);
  assert.notEqual(await textOf(page, '.r-time'), before);
  console.log('      ' + JSON.stringify(measured));
  assert.ok(measured.layoutShift < 0.01, `layout shift ${measured.layoutShift}`);
});

await check('the same with 500 bars a second', { mock: { bars: 500 } }, async (page) => {
  await isOpened(page);
  console.log('      ' + JSON.stringify(await measure(page, seconds)));
});

await check('keys: filter, move, choose, SQL, help', { troubles: true }, async (page) => {
  await isOpened(page);
  await page.keyboard.press('/');
  await page.keyboard.type('usdt');
  await page.keyboard.press('ArrowDown');
  const first = await page.getAttribute('#list', 'aria-activedescendant');
  for (let i = 0; i < 40; ++i) await page.keyboard.press('ArrowDown');
  await page.waitForTimeout(200);
  assert.notEqual(await page.getAttribute('#list', 'aria-activedescendant'), '');
  assert.notEqual(first, null);
  const wanted = await textOf(page, '.row.cursor .c-symbol');
  await page.keyboard.press('Enter');
  await page.locator('#summary h2', { hasText: wanted }).waitFor();
  assert.equal(decodeURIComponent(new URL(page.url()).hash.slice(1)), wanted);
  await page.keyboard.press('s');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
  await page.keyboard.press('Control+Enter');
  await page.locator('.sql-result td').first().waitFor();
  await page.fill('#sql textarea', 'DROP TABLE ohlc_1s');
  await page.keyboard.press('Control+Enter');
  await page.locator('.sql-status.bad', { hasText: 'Parser Error' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#sql').isVisible(), false);
  await page.keyboard.press('?');
  assert.ok(await page.locator('#help').isVisible());
  await page.keyboard.press('Escape');
  await page.waitForTimeout(100);
  assert.equal(await page.locator('#help').isVisible(), false);
});

await check('a stream that breaks goes on without a gap', { troubles: true }, async (page, mock) => {
  await isOpened(page);
  await page.waitForTimeout(5000);
  mock.pause(4000);
  await page.locator('#connection', { hasText: 'Not live' }).waitFor();
  await isLive(page);
  await page.waitForTimeout(1500);
  await hasAllBars(page, mock);
});

await check('a server that cannot go on is asked for the history anew', { troubles: true }, async (page, mock) => {
  await isOpened(page);
  mock.pause(5000);
  mock.stream.forget();
  await page.locator('#connection', { hasText: 'Not live' }).waitFor();
  await isLive(page);
  await page.waitForTimeout(3000);
  await hasAllBars(page, mock);
});

await check('a revision changes its bar; of a late part the whole bar is fetched', {}, async (page, mock) => {
  await isOpened(page);
  await page.waitForTimeout(3000);
  const { bars, name } = mock.market[0];
  const revised = bars.at(-8);
  revised.close = revised.high = revised.high + 40;
  mock.stream.bar(name, revised, 1);
  const mended = bars.at(-12);
  mended.close = mended.high = mended.high + 30;
  mock.stream.bar(name, { ...mended, open: 1, high: 1, low: 1, close: 1, volume: 1, trades: 1 }, 2, { partial: true });
  await page.waitForTimeout(4000);
  await hasAllBars(page, mock);
});

await check('going back loads what is before, and the view stays', {}, async (page, mock) => {
  await isOpened(page);
  const box = await page.locator('#chart').boundingBox();
  const at = async (x) => {
    await page.mouse.move(box.x + x, box.y + 120);
    await page.waitForTimeout(150);
    return textOf(page, '.r-time');
  };
  await page.locator('#chart').focus();
  for (let i = 0; i < 9; ++i) await page.keyboard.press('-');
  assert.equal(await page.locator('#to-now').isVisible(), false);
  const newest = await at(box.width - 130);
  await page.waitForTimeout(2500);
  assert.ok(Math.abs(Date.parse(await at(box.width - 130)) - Date.parse(newest)) < 60_000, 'the view stays');
  for (let i = 0; i < 14; ++i) await page.keyboard.press('ArrowLeft');
  await page.locator('#to-now').waitFor();
  let oldest = Infinity;
  for (let i = 0; i < 30 && !(oldest < mock.market[0].bars.at(-5400).ts_ms); ++i) {
    await page.keyboard.press('ArrowLeft');
    oldest = Date.parse((await at(4)).replace(' UTC', 'Z').replace(' ', 'T'));
  }
  assert.ok(oldest < mock.market[0].bars.at(-5400).ts_ms, `shows nothing before ${oldest}`);
  await page.locator('#chart').focus();
  await page.keyboard.press('End');
  await page.locator('#to-now').waitFor({ state: 'hidden' });
});

const guarded = { mock: { token: 'secret', symbols: 20 }, troubles: true };

await check('a token is asked for until it is right', guarded, async (page) => {
  for (const word of ['wrong', 'secret']) {
    await page.locator('#token input').waitFor();
    await page.fill('#token input', word);
    await page.keyboard.press('Enter');
    await page.waitForTimeout(500);
  }
  await isOpened(page);
  await page.reload();
  await isOpened(page);
});

await check('who gives no token sees why, and is asked again only by a button', guarded, async (page) => {
  await page.locator('#token input').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#chart-note', { hasText: 'none was given' }).waitFor();
  await page.locator('#connection', { hasText: 'Token needed' }).waitFor();
  await page.waitForTimeout(5000);
  assert.equal(await page.locator('#token').isVisible(), false);
  await page.locator('#token-button').click();
  await page.locator('#token button', { hasText: 'Not now' }).click();
  await page.locator('#token-button').click();
  await page.fill('#token input', 'secret');
  await page.keyboard.press('Enter');
  await isOpened(page);
  assert.equal(await page.locator('#token-button').isVisible(), false);
});

const closed = { mock: { forbidden: 'not from here\n' }, hash: '', troubles: true };

await check('what no token would open asks for none', closed, async (page) => {
  await page.locator('#chart-note', { hasText: 'not from here' }).waitFor();
  assert.equal(await page.locator('#token').isVisible(), false);
});

for (const overview of ['fails', 'hangs']) {
  const shaken = { mock: { overview }, hash: '', troubles: true };
  await check(`an overview that ${overview}: symbols that come live are shown`, shaken, async (page, mock) => {
    await isOpened(page);
    assert.notEqual(await textOf(page, '#summary h2'), '');
    await page.waitForTimeout(7000);
    const overviews = mock.asked.filter((search) => !search.includes('symbol=')).length;
    assert.ok(overviews <= 3, `${overviews} requests for it`);
  });
}

const waiting = { mock: { overview: 'hangs' }, hash: '#SOLUSDT' };

await check('a symbol of the address does not wait for the overview', waiting, async (page) => {
  await isOpened(page);
  assert.equal(await textOf(page, '#summary h2'), 'SOLUSDT');
});

const silent = { mock: { overview: 'hangs', empty: true }, hash: '' };

await check('while it waits it does next to nothing', silent, async (page) => {
  await isLive(page);
  const { percentBusy } = await measure(page, 5);
  console.log('      ' + JSON.stringify(percentBusy));
  assert.ok(percentBusy.all < 20, `${percentBusy.all} % busy`);
});

for (const hash of ['#100%', '#NOSUCH']) {
  await check(`an address that names nothing (${hash}) shows the first symbol`, { hash }, async (page) => {
    await isOpened(page);
    await page.locator('.row[aria-selected=true]').waitFor();
    assert.equal(await textOf(page, '#summary h2'), await textOf(page, '.row[aria-selected=true] .c-symbol'));
  });
}

await check('many late parts are a few requests', {}, async (page, mock) => {
  await isOpened(page);
  const { bars, name } = mock.market[0];
  const before = mock.asked.length;
  for (const bar of bars.slice(-1600, -100)) mock.stream.bar(name, { ...bar, close: 1 }, 1, { partial: true });
  await page.waitForTimeout(13_000);
  const asked = mock.asked.slice(before).filter((search) => search.includes('symbol=')).length;
  assert.ok(asked >= 2 && asked <= 8, `${asked} requests`);
  await hasAllBars(page, mock);
});

await check('without bars it says what to do', { mock: { empty: true }, hash: '' }, async (page) => {
  await page.locator('#chart-note h2', { hasText: 'No bars yet' }).waitFor();
  assert.match(await textOf(page, '#chart-note pre'), /nc -N 127\.0\.0\.1 9009$/);
});

await check('without decisions there are bars alone', { mock: { decisions: false } }, async (page) => {
  await isOpened(page);
  assert.equal(await page.locator('#list-head .c-state').isVisible(), false);
  assert.equal(await page.locator('.s-state').isVisible(), false);
});

await check('on a phone the parts are views', { shape: phone, hash: '' }, async (page) => {
  await isOpened(page);
  await page.locator('#list-view .row:not([hidden])').nth(3).tap();
  assert.equal(await page.locator('#chart').isVisible(), true);
  assert.equal(await page.locator('#list').isVisible(), false);
  for (const tab of ['sql', 'health', 'symbols']) await page.locator(`#tabs [data-tab=${tab}]`).tap();
  assert.equal(await page.locator('#list').isVisible(), true);
  const measured = await measure(page, seconds);
  console.log('      ' + JSON.stringify(measured));
  assert.ok(measured.layoutShift < 0.01, `layout shift ${measured.layoutShift}`);
});

await checkFile(check, { wide, phone });

await browser.close();
process.exit(failed > 0 ? 1 : 0);
