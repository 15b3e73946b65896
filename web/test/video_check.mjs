// A time lapse of plot_stream_decisions in Chromium: it loads, plays, seeks to its end, and has the picture's colours.
//   node test/video_check.mjs <plot_stream_decisions> <folder for its files>
// Exits with 77 where there is no Chromium.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openBrowser } from './browser.mjs';

const [program, folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: video_check.mjs <plot_stream_decisions> <folder>');
  process.exit(2);
}

const [seconds, framesPerSecond] = [60, 20];
const browser = await openBrowser();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const path = (name) => join(folder, name);

const decision = (second) => JSON.stringify({
  timestamp: 1_700_000_000_000 + second * 1000, symbol: 'ES', close: 100 + Math.sin(second), state: 1, direction: 1,
  target_exposure: second % 20 < 10 ? 0.5 : 0.25, urgency: 0.9, hold: false, posture: 'TRADE_NORMAL', run_id: 'run1',
});
const lines = Array.from({ length: seconds }, (_, second) => `${decision(second)}\n`);
writeFileSync(path('decisions.ndjson'), lines.join(''));
execFileSync(program, [
  '--ndjson', path('decisions.ndjson'), '--webm', path('decisions.webm'), '--fps', `${framesPerSecond}`,
  '--urgency-thickness', // lines that are wide enough to have their colour
]);
const video = readFileSync(path('decisions.webm'));

// Browsers seek by asking for parts.
const server = createServer((request, response) => {
  if (request.url !== '/decisions.webm') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<video muted src="/decisions.webm"></video>');
    return;
  }
  const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
  const [begin, end] = [Number(from), to === '' ? video.length - 1 : Number(to)];
  response.writeHead(206, {
    'content-type': 'video/webm', 'accept-ranges': 'bytes', 'content-length': end - begin + 1,
    'content-range': `bytes ${begin}-${end}/${video.length}`,
  });
  response.end(video.subarray(begin, end + 1));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const seen = await page.evaluate(async () => {
  const element = document.querySelector('video');
  const event = (name) => new Promise((done, failed) => {
    element.addEventListener(name, done, { once: true });
    element.addEventListener('error', () => failed(new Error(element.error.message)), { once: true });
  });
  // How many pixels have nearly that colour, the first symbol's, and how many are not white.
  const pixels = () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [element.videoWidth, element.videoHeight];
    const context = canvas.getContext('2d');
    context.drawImage(element, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let [blue, drawn] = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
      const near = (channel, value) => Math.abs(data[at + channel] - value) < 16;
      if (near(0, 0x00) && near(1, 0x72) && near(2, 0xb2)) ++blue;
      if (data[at] < 200) ++drawn;
    }
    return { blue, drawn };
  };
  if (element.readyState < HTMLMediaElement.HAVE_METADATA) await event('loadedmetadata');
  const { videoWidth, videoHeight, duration } = element;
  const seek = async (time) => {
    element.currentTime = time;
    await event('seeked');
    return pixels();
  };
  const end = await seek(duration - 0.02);
  const begin = await seek(0);
  element.playbackRate = 4;
  await element.play();
  await event('ended');
  return { videoWidth, videoHeight, duration, begin, end, played: pixels(), endedAt: element.currentTime };
});

assert.equal(seen.videoWidth, 1280);
assert.equal(seen.videoHeight, 720);
assert.ok(Math.abs(seen.duration - seconds / framesPerSecond) < 0.06, `it lasts ${seen.duration} s`);
assert.ok(Math.abs(seen.endedAt - seen.duration) < 0.06, `it ended at ${seen.endedAt} s`);
for (const { drawn } of [seen.begin, seen.end, seen.played]) assert.ok(drawn > 2000, `${drawn} pixels are drawn`);
assert.ok(seen.end.blue > 1000, `${seen.end.blue} pixels have the symbol's colour`);
assert.ok(seen.begin.blue * 4 < seen.end.blue, `already at the beginning ${seen.begin.blue} do`);
assert.deepEqual(seen.played, seen.end, 'played to its end it shows what seeking shows there');
await browser.close();
server.close();
console.log(`${video.length} bytes, ${seen.duration} s: plays and seeks; ${seen.end.blue} pixels have their colour`);
