// What a test does with the page, and reads from it.
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
