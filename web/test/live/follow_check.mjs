// The page in Chromium, as plot_stream_decisions --follow serves it from a file that is not there yet, grows, is
// truncated and rotated: what is new is shown within one interval. Ctrl-C leaves no process. Pictures are kept.
//   node test/live/follow_check.mjs <plot_stream_decisions> <folder for pictures and the file>
// Exits with 77 where there is no Chromium.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { openBrowser } from '../browser.mjs';
import { closesUnderCrosshair, isLive, isOpened, whenOf } from '../page_under_test.mjs';
import { DecisionWriter, firstSecond } from './decision_writer.mjs';
import { runSteps } from './run_steps.mjs';

const [program, folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: follow_check.mjs <plot_stream_decisions> <folder>');
  process.exit(2);
}

const intervalMs = 1000;
const symbols = ['BTCUSDT', 'ES'];
const browser = await openBrowser();
rmSync(folder, { recursive: true, force: true });
const writer = new DecisionWriter(`${folder}/logs/decisions.ndjson`);
rmSync(`${folder}/logs`, { recursive: true });
const picture = `${folder}/followed.png`;
mkdirSync(folder, { recursive: true });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const complaints = [];

// A process group of its own.
const plotter = spawn(
  program,
  ['--ndjson', 'logs/decisions.ndjson', '--follow', '--interval-ms', String(intervalMs), '--show-state',
    '--urgency-thickness', '--out', picture],
  { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
);
const exited = new Promise((done) => plotter.once('exit', (code, signal) => done(code ?? signal)));
const url = await new Promise((done, fail) => {
  plotter.stdout.on('data', (text) => done(/http:\S+/.exec(text)[0]));
  exited.then((code) => fail(new Error(`the plotter ended with ${code}`)));
});
const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
page.on('pageerror', (error) => complaints.push(error.stack));
page.on('request', (request) => request.url().startsWith(url) || complaints.push(`asked for ${request.url()}`));

// Until the page shows this second's decision, with its close and its target.
async function isShown(second) {
  const target = writer.targetOf(second);
  const wanted = [whenOf(second), String(writer.closeOf(second)), target === 0 ? '0.000' : Math.abs(target).toFixed(3)];
  const shown = await page.evaluate(async (texts) => {
    const isThere = (of, i) => document.querySelector(of)?.innerText.replaceAll(',', '').includes(texts[i]);
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
      if (['.r-time', '.r-close', '.s-target'].every(isThere)) return true;
      await new Promise((done) => requestAnimationFrame(done));
    }
    return false;
  }, wanted);
  assert.ok(shown, `${wanted} is not shown`);
}

// In milliseconds, until what was written is shown.
async function timeUntilShown(write) {
  const begin = performance.now();
  write();
  await isShown(writer.second);
  return Math.round(performance.now() - begin);
}

const steps = {
  'a file that is not there yet is waited for': async () => {
    await page.goto(url);
    await isLive(page);
    await page.locator('#chart-note', { hasText: 'logs/decisions.ndjson' }).waitFor();
  },
  'it appears': async () => {
    mkdirSync(`${folder}/logs`);
    writer.append(symbols, 600);
    await isOpened(page);
    await isShown(writer.second);
    const seconds = [...Array(100).keys()].map((i) => writer.second - 3 - i);
    const seen = await closesUnderCrosshair(page, seconds);
    for (const second of seconds) assert.equal(seen.get(second), writer.closeOf(second), whenOf(second));
  },
  'what is new is shown within one interval': async () => {
    const times = [];
    for (let i = 0; i < 20; ++i) {
      await sleep(Math.random() * intervalMs);
      times.push(await timeUntilShown(() => writer.append(symbols)));
    }
    times.sort((a, b) => a - b);
    console.log(`      shown after ${times[0]} to ${times.at(-1)} ms, median ${times[10]}`);
    assert.ok(times[17] <= intervalMs, times.join()); // a busy machine paints late now and then
  },
  'through truncation and rotation': async () => {
    const before = writer.second;
    const times = [
      await timeUntilShown(() => writer.truncate(symbols)),
      await timeUntilShown(() => writer.rotate(symbols)),
      await timeUntilShown(() => writer.append(symbols)),
      await timeUntilShown(() => writer.truncate(symbols)),
    ];
    console.log(`      shown after ${times.join(', ')} ms`);
    assert.ok(Math.max(...times) <= 2 * intervalMs, times.join()); // likewise
    const seconds = [...Array(8).keys()].map((i) => before - 4 + i);
    const seen = await closesUnderCrosshair(page, seconds);
    for (const second of seconds) assert.equal(seen.get(second), writer.closeOf(second), whenOf(second));
    assert.ok(seconds[0] > firstSecond);
  },
  'another symbol, and one that comes anew': async () => {
    await page.locator('#list-view .row:not([hidden])', { hasText: 'ES' }).click();
    await page.locator('#summary h2', { hasText: 'ES' }).waitFor();
    await isOpened(page);
    await isShown(writer.second);
    writer.append([...symbols, 'NEWCOMER']);
    await page.locator('#list-view .row:not([hidden])', { hasText: 'NEWCOMER' }).waitFor();
  },
  'the picture is kept fresh': async () => {
    const before = statSync(picture).mtimeMs;
    writer.append(symbols);
    for (let i = 0; statSync(picture).mtimeMs === before; ++i) {
      assert.ok(i < 200, 'it is as it was');
      await sleep(100);
    }
  },
  'it looks well': async () => {
    await page.locator('#list-view .row:not([hidden])', { hasText: 'BTCUSDT' }).click();
    await isOpened(page);
    await sleep(1000);
    await page.screenshot({ path: `${folder}/follow.png` });
  },
  'Ctrl-C leaves no process': async () => {
    writer.append(symbols);
    await sleep(intervalMs / 3); // a picture may be under way
    process.kill(-plotter.pid, 'SIGINT');
    assert.equal(await exited, 0);
    assert.throws(() => process.kill(-plotter.pid, 0), /ESRCH/);
  },
};

const failed = await runSteps(steps, folder, () => page, complaints);
await browser.close();
plotter.kill('SIGKILL');
console.log(`pictures: ${folder}`);
process.exit(failed > 0 ? 1 : 0);
