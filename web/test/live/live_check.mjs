// The page in Chromium, as a real daemon serves it under load: moving candles, exposure, rates, a click on a symbol, a
// query, the gate's closing; a daemon that is killed and comes back, without reload and without a gap. Pictures in
// light and dark are kept.
//   node test/live/live_check.mjs <stream_daemon> <folder for pictures and the daemon's files>
// Exits with 77 where there is no Chromium.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { openBrowser } from '../browser.mjs';
import { closesUnderCrosshair, isLive, isOpened, textOf, whenOf } from '../page_under_test.mjs';
import { LiveDaemon } from './live_daemon.mjs';
import { LiveLoad } from './live_load.mjs';
import { runSteps } from './run_steps.mjs';

const [program, folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: live_check.mjs <stream_daemon> <folder>');
  process.exit(2);
}

const tradesPerSecond = 5000;
const browser = await openBrowser();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const daemon = new LiveDaemon(program, folder);
daemon.writeGate(true);
await daemon.start();
const load = new LiveLoad(daemon.port, { symbols: 60, tradesPerSecond });
load.makeHistory(900);
load.start();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const complaints = [];

async function openPage(colorScheme, hash) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme })).newPage();
  page.on('pageerror', (error) => complaints.push(error.stack));
  page.on('request', (request) => {
    if (!request.url().startsWith(daemon.url)) complaints.push(`asked for ${request.url()}`);
  });
  page.on('console', (message) => /Content.Security.Policy/.test(message.text()) && complaints.push(message.text()));
  await page.goto(daemon.printedUrl() + hash);
  return page;
}

const number = (text) => Number(text.replaceAll(',', '').replace('−', '-').split(' ')[0]);
const shownSecond = (time) => Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`) / 1000;
const newestShown = async () => shownSecond(await textOf(page, '.r-time'));

// As the page writes them.
const looks = { 1: '▲ BUY', 0: '■ FLAT', '-1': '▼ SELL' };
const signed = (target) => (target > 0 ? '+' : target < 0 ? '−' : '') + Math.abs(target).toFixed(3);

// Asks until `is` holds of it; what it was last is in the error.
async function eventually(what, ask, is, seconds = 60) {
  let last;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
    last = await ask();
    if (is(last)) return last;
  }
  throw new Error(`${what}: ${last} after ${seconds} s`);
}

// The page has each bar of the symbol from `from` to before its newest ones, with the close that the load made.
async function hasEveryBar(page, { bars }, from) {
  const newest = shownSecond(await textOf(page, '.r-time'));
  const wanted = [...bars].filter(([second]) => second >= from && second < newest - 3);
  assert.ok(wanted.length >= 10, `only ${wanted.length} bars since ${whenOf(from)}`);
  const seen = await closesUnderCrosshair(page, wanted.map(([second]) => second));
  for (const [second, bar] of wanted) assert.equal(seen.get(second), bar.close, `the close of ${whenOf(second)}`);
  return wanted.length;
}

// What the list shows of states and targets is what the database has, while nothing comes.
async function isAsStored() {
  const shown = () => page.evaluate(() =>
    [...document.querySelectorAll('#list-view .row:not([hidden])')]
      .map((row) => ['.c-symbol', '.c-state', '.c-target'].map((cell) => row.querySelector(cell).innerText).join(' '))
      .sort()
      .join('\n'));
  const stored = async () => {
    const rows = await daemon.query(
      'SELECT symbol, state, direction * target_exposure, hold FROM stream_actions_latest ORDER BY symbol',
    );
    return rows.map(([symbol, state, target, hold]) => `${symbol} ${looks[state]} ${hold ? 'hold' : signed(target)}`);
  };
  const lines = await eventually('what is shown, and is not stored', async () => {
    const rows = new Set(await stored());
    const seen = (await shown()).split('\n');
    return { seen, wrong: seen.filter((line) => !rows.has(line)), toString() { return this.wrong.join('; '); } };
  }, ({ wrong }) => wrong.length === 0);
  assert.ok(lines.seen.length > 15, `${lines.seen.length} symbols in sight`);
}

// A picture of the charts.
const pane = (page) => page.locator('#chart').screenshot();

const steps = {
  'the page is there under the URL that the log names': async () => {
    assert.equal(daemon.printedUrl(), daemon.url);
    const answer = await fetch(daemon.url, { headers: { Accept: '*/*' } });
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.ok('lines' in (await answer.json()));
    await eventually('lines of the load', async () => (await daemon.metrics()).lines, (lines) => lines > 0);
  },
  'candles move, second by second': async () => {
    page = await openPage('dark', '#BTCUSDT');
    await page.evaluate(() => (window.isTheSamePage = true));
    await isOpened(page);
    const first = shownSecond(await textOf(page, '.r-time'));
    const before = await pane(page);
    await eventually('the newest bar', newestShown, (second) => second >= first + 12);
    // A busy machine may draw late.
    await eventually('another picture of the candles', async () => !(await pane(page)).equals(before), (moved) => moved);
    const checked = await hasEveryBar(page, load.symbols[0], first - 20);
    console.log(`      ${checked} bars have the close that was sent`);
  },
  'rates and health are told': async () => {
    const told = async () => number(await textOf(page, '#health .h-item:nth-child(2) b'));
    const trades = await eventually('trades/s', told,
      (rate) => rate > tradesPerSecond * 0.8 && rate < tradesPerSecond * 1.25);
    const decisions = number(await textOf(page, '#health .h-item:nth-child(4) b'));
    console.log(`      ${trades} trades/s, ${decisions} decisions/s`);
    assert.ok(decisions > 20 && decisions < 150, `${decisions} decisions/s`);
    assert.match(await textOf(page, '#gate'), /Gate open/);
  },
  'targets and states are those of the database': async () => {
    const target = async () => number(await textOf(page, '.s-target .s-value'));
    await eventually('a target', target, (value) => value !== 0);
    load.pause();
    await load.drained();
    try {
      await isAsStored();
    } finally {
      load.resume();
    }
  },
  'exposure steps, impulses and PnL are drawn': async () => {
    // Each pane has more colours than its ground, its grid and its labels have.
    const panes = await page.evaluate(() => [...document.querySelectorAll('#chart tr td:nth-child(2) canvas')]
      .map((canvas) => {
        const { width, height } = canvas;
        if (height < 40) return 0;
        const [top, rows] = [Math.floor(height * 0.3), Math.floor(height * 0.6)];
        const { data } = canvas.getContext('2d').getImageData(0, top, width, rows);
        const colors = new Map();
        for (let i = 0; i < data.length; i += 4) {
          const color = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
          colors.set(color, (colors.get(color) ?? 0) + 1);
        }
        return [...colors.values()].sort((a, b) => b - a).slice(1).reduce((sum, count) => sum + count, 0);
      })
      .filter((pixels) => pixels > 300));
    console.log(`      pixels drawn in each pane: ${panes.join(', ')}`);
    assert.ok(panes.length >= 4, `${panes.length} panes with something in them`);
  },
  'a click on a symbol shows it': async () => {
    const row = page.locator('#list-view .row:not([hidden])', { hasText: 'ETHUSDT' });
    await row.click();
    await page.locator('#summary h2', { hasText: 'ETHUSDT' }).waitFor();
    await isOpened(page);
    const newest = shownSecond(await eventually('a bar', () => textOf(page, '.r-time'), (time) => time.length > 10));
    await hasEveryBar(page, load.symbols[1], newest - 30);
  },
  'a query of the SQL box is answered': async () => {
    await page.keyboard.press('s');
    const sql = "SELECT count(*) AS bars, min(symbol) AS first FROM ohlc_1s WHERE symbol = 'ETHUSDT'";
    await page.fill('#sql textarea', sql);
    await page.keyboard.press('Control+Enter');
    await page.locator('.sql-result td', { hasText: 'ETHUSDT' }).waitFor();
    assert.ok(number(await page.locator('.sql-result td').first().innerText()) > 800);
    await page.fill('#sql textarea', 'DELETE FROM ohlc_1s');
    await page.keyboard.press('Control+Enter');
    await page.locator('.sql-status.bad').waitFor();
    await page.keyboard.press('Escape');
  },
  'it survives a killed daemon without reload and without a gap': async () => {
    const killedAt = Math.floor(Date.now() / 1000);
    await daemon.stop('SIGKILL');
    await page.locator('#connection', { hasText: 'Not live' }).waitFor();
    await sleep(4000);
    await daemon.start();
    await isLive(page);
    await eventually('the newest bar', newestShown, (second) => second >= killedAt + 15);
    await sleep(3000);
    const checked = await hasEveryBar(page, load.symbols[1], killedAt - 15);
    assert.equal(await page.evaluate(() => window.isTheSamePage), true);
    console.log(`      ${checked} bars around the kill have the close that was sent; ${load.resent} trades sent again`);
  },
  'a gate that closes is told, and one that opens': async () => {
    daemon.writeGate(false);
    await page.locator('#gate', { hasText: 'Gate closed: capital_controls_2.jsonl' }).waitFor();
    await page.locator('.s-posture', { hasText: 'OBSERVE' }).waitFor();
    await sleep(8000);
    daemon.writeGate(true);
    await page.locator('#gate', { hasText: 'Gate open' }).waitFor();
    await page.locator('.s-posture', { hasText: 'TRADE' }).waitFor();
    await sleep(8000);
  },
  'light and dark': async () => {
    await page.mouse.move(900, 20);
    await page.evaluate(() => document.activeElement.blur());
    await page.screenshot({ path: `${folder}/dashboard_dark.png` });
    const light = await openPage('light', '#BTCUSDT');
    await isOpened(light);
    await sleep(3000);
    await light.screenshot({ path: `${folder}/dashboard_light.png` });
    const brightness = (of) =>
      of.evaluate(() => {
        const parts = getComputedStyle(document.body).backgroundColor.match(/\d+/g);
        return parts.reduce((sum, part) => sum + Number(part), 0);
      });
    assert.ok((await brightness(light)) > 600);
    assert.ok((await brightness(page)) < 150);
  },
  'all that was sent is stored, to the trade': async () => {
    load.pause();
    await load.drained();
    load.stop();
    const made = load.symbols.reduce((sum, { bars }) => sum + bars.size, 0);
    const counted = () =>
      daemon.query('SELECT sum(trades)::BIGINT, count(*) FROM ohlc_1s').then(([row]) => row.map(Number).join(), String);
    const stored = await eventually('trades, bars', counted,
      (row) => row === `${load.sent},${made}`);
    console.log(`      trades, bars: ${stored}`);
    assert.equal(load.refused, undefined);
  },
};

let page;
let failed = await runSteps(steps, folder, () => page, complaints);
await browser.close();
load.stop();
const code = await daemon.stop();
if (code !== 0) {
  ++failed;
  console.log(`FAIL  the daemon ended with ${code}`);
}
console.log(`pictures: ${folder}`);
process.exit(failed > 0 ? 1 : 0);
