import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileHealth } from './file_health';
import { RateMeter } from './rates';
import { shortPath } from './short_path';
import type { Health } from './types';

function read(key: string, health: Health) {
  const cell = fileHealth.cells.find((candidate) => candidate.key === key)!;
  return cell.read(health, new RateMeter().feed(health), 10_000);
}

test('a path keeps its end, from the beginning of a folder if it can', () => {
  assert.equal(shortPath('logs/decisions.ndjson', 21), 'logs/decisions.ndjson');
  assert.equal(shortPath('/srv/logs/decisions.ndjson', 21), '…/decisions.ndjson');
  assert.equal(shortPath('of_one_machine.ndjson', 12), '…hine.ndjson');
});

test('a file that is not there is an alarm, one that is there is none', () => {
  const file = 'logs/decisions.ndjson';
  const waiting = read('file', { file, file_state: 'waiting', bytes: 0 });
  assert.deepEqual([waiting.text, waiting.alarm], ['waiting for logs/decisions.ndjson', 'warn']);
  const reached = read('file', { file, file_state: 'reached', bytes: 2048 });
  assert.deepEqual([reached.text, reached.alarm, reached.more], [file, undefined, [file, 'read to its end, 2.0 KiB']]);
});

test('the age of the newest decision; none while there is none', () => {
  assert.equal(read('newest', { last_bar_ts_ms: 7000 }).text, '3.0 s');
  assert.deepEqual([read('newest', {}).text, read('newest', { last_bar_ts_ms: 0 }).text], ['none yet', 'none yet']);
});

test('bad lines tell their reasons, the most frequent first', () => {
  const bad = read('rejects', { invalid_lines: 5, rejected_by_reason: { no_close: 2, invalid_json: 3, other: 0 } });
  assert.deepEqual([bad.text, bad.more], ['5', ['invalid_json 3', 'no_close 2']]);
});
