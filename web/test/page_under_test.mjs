// What a test does with the page, and reads from it.
import assert from 'node:assert/strict';

export const isLive = (page) => page.locator('#connection', { hasText: 'Live' }).waitFor({ timeout: 60_000 });

export async function isOpened(page) {
  await isLive(page);
  await page.locator('#chart-note').waitFor({ state: 'hidden', timeout: 60_000 });
}

export const textOf = (page, selector) => page.locator(selector).innerText();

// "2026-11-26 21:35:00", as the page tells a second.
export const whenOf = (second) => new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');

const secondOf = (when) => Date.parse(`${when.replace(' ', 'T')}Z`) / 1000;

const sweeps = 3; // the charts move on while it looks, and a busy machine leaves out frames

// Second → close of the bars in `seconds`, as the page tells them under the crosshair: what it has, it shows there.
export async function closesUnderCrosshair(page, seconds) {
  const box = await page.locator('#chart').boundingBox();
  const wanted = new Set(seconds.map(whenOf));
  const oldest = whenOf(Math.min(...seconds));
  const seen = new Map();
  for (let sweep = 0; sweep < sweeps && wanted.size > 0; ++sweep) {
    for (let x = box.x + box.width - 85; wanted.size > 0 && x > box.x; x -= 3) {
      await page.mouse.move(x, box.y + 120);
      await page.evaluate(async () => {
        for (let frame = 0; frame < 3; ++frame) await new Promise((done) => requestAnimationFrame(done));
      });
      const [time, close] = await page.evaluate(() =>
        ['.r-time', '.r-close'].map((of) => document.querySelector(of).innerText),
      );
      const when = time.slice(0, 19);
      const price = Number(close); // not a number where the bar is not there yet
      if (Number.isFinite(price) && wanted.delete(when)) seen.set(secondOf(when), price);
      if (when.length > 3 && when < oldest) break;
    }
  }
  await page.mouse.move(box.x + 200, box.y - 200);
  return seen;
}

// The newest of a symbol, but for those that may still be on their way.
export async function hasAllBars(page, mock, symbol = 'BTCUSDT', count = 25) {
  const bars = mock.market.find(({ name }) => name === symbol).bars.slice(-count - 3, -3);
  assert.ok(bars.length > 0, 'there are bars');
  const seen = await closesUnderCrosshair(page, bars.map((bar) => bar.ts_ms / 1000));
  for (const { ts_ms: ms, close } of bars) {
    assert.equal(seen.get(ms / 1000), close, `the close of ${whenOf(ms / 1000)}`);
  }
}

// The share of the price pane's columns that have a pixel in a colour of the style sheet.
export const columnsWith = (page, name) =>
  page.evaluate((color) => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${color})`;
    const wanted = getComputedStyle(probe).color.match(/\d+/g).map(Number);
    probe.remove();
    const canvas = document.querySelector('#chart canvas');
    const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const isThere = (x, y) => wanted.every((value, i) => Math.abs(data[4 * (y * width + x) + i] - value) < 30);
    let columns = 0;
    for (let x = 0; x < width; ++x) {
      for (let y = 0; y < height; ++y) {
        if (!isThere(x, y)) continue;
        ++columns;
        break;
      }
    }
    return columns / width;
  }, name);
