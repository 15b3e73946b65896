// Takes pictures of the page in light and dark, wide and narrow: node test/look.mjs [folder] [followed file]
import { mkdirSync } from 'node:fs';
import { openBrowser } from './browser.mjs';
import { startMock } from './mock_server.mjs';

const folder = process.argv[2] ?? '.test/pictures';
mkdirSync(folder, { recursive: true });
const file = process.argv[3] ?? '';
const hasSql = file === '';
const mock = await startMock({ file });
const browser = await openBrowser();
const shapes = {
  desktop: { viewport: { width: 1440, height: 900 } },
  laptop: { viewport: { width: 1024, height: 700 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};
for (const colorScheme of ['light', 'dark']) {
  for (const [name, shape] of Object.entries(shapes)) {
    if (name === 'laptop' && colorScheme === 'light') continue;
    const page = await (await browser.newContext({ ...shape, colorScheme })).newPage();
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log(name, message.text()));
    page.on('pageerror', (error) => console.log(name, error.stack));
    await page.goto(mock.url);
    await page.waitForTimeout(5000);
    const shot = (what) => page.screenshot({ path: `${folder}/${name}_${colorScheme}${what}.png` });
    await shot('');
    if (name === 'phone') {
      for (const tab of ['chart', ...(hasSql ? ['sql'] : []), 'health']) {
        await page.locator(`#tabs [data-tab=${tab}]`).click();
        if (tab === 'sql') await page.locator('#sql .primary').click();
        await page.waitForTimeout(700);
        await shot(`_${tab}`);
      }
    } else if (name === 'desktop') {
      await page.mouse.move(900, 300);
      if (hasSql) {
        await page.keyboard.press('s');
        await page.keyboard.press('Control+Enter');
        await page.waitForTimeout(1200);
        await shot('_sql');
        await page.keyboard.press('Escape');
      }
      await page.locator('#help-button').click();
      await page.waitForTimeout(400);
      await shot('_help');
    }
    await page.close();
  }
}
await browser.close();
await mock.stop();
