// What a test does with the page, and reads from it.
export const isLive = (page) => page.locator('#connection', { hasText: 'Live' }).waitFor({ timeout: 60_000 });

export async function isOpened(page) {
  await isLive(page);
  await page.locator('#chart-note').waitFor({ state: 'hidden', timeout: 60_000 });
}

export const textOf = (page, selector) => page.locator(selector).innerText();

// "2026-11-26 21:35:00", as the page tells a second.
export const whenOf = (second) => new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');

// Of the newest bars, second → their close, as the page tells them under the crosshair. Those of the last two bars'
// widths are left out: they may move while it looks.
export async function closesUnderCrosshair(page, count) {
  const box = await page.locator('#chart').boundingBox();
  const seen = new Map();
  for (let x = box.x + box.width - 85; seen.size < count && x > box.x; x -= 3) {
    await page.mouse.move(x, box.y + 120);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const [time, close] = await page.evaluate(() => ['.r-time', '.r-close'].map((of) => document.querySelector(of).innerText));
    if (time.length > 3) seen.set(time.slice(0, 19), Number(close));
  }
  await page.mouse.move(box.x + 200, box.y - 200);
  return seen;
}
