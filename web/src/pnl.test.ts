import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PnlTrack } from './pnl';
import type { Decision } from './types';

const costs = { fee_rate: 0.0005, slippage: 0.0003 };

function decision(time: number, close: number, direction: number, target_exposure: number, hold = false): Decision {
  const rest = { state: 1 as const, urgency: 0, actionability: 0, reason: '', gate_open: true };
  return { time, close, direction, target_exposure, hold, posture: 'TRADE_NORMAL', ...rest };
}

function near(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

test('gross grows by the exposure before; a change costs its notional share', () => {
  const track = new PnlTrack(costs, 0);
  const first = track.append(decision(1, 100, 1, 0.5));
  assert.equal(first.gross, 0);
  near(first.net, -0.5 * 100 * 0.0008);
  const second = track.append(decision(2, 110, -1, 0.25));
  near(second.gross, 0.5 * 10);
  near(second.delta, -0.75);
  near(second.net, 5 - (0.5 * 100 + 0.75 * 110) * 0.0008);
  const third = track.append(decision(3, 100, -1, 0.25));
  near(third.gross, 5 + -0.25 * -10);
  assert.equal(third.delta, 0);
  near(third.net! - third.gross!, second.net! - second.gross!);
});

test('on hold the exposure stays, whatever the decision says of it', () => {
  const track = new PnlTrack(costs, 0);
  track.append(decision(1, 100, 1, 0.5));
  const held = track.append(decision(2, 101, 1, 0, true));
  assert.equal(held.exposure, 0.5);
  assert.equal(held.delta, 0);
  near(track.append(decision(3, 102, 0, 0)).delta, -0.5);
});

test('a hold before anything is held holds nothing', () => {
  const track = new PnlTrack(costs, 0);
  assert.equal(track.append(decision(1, 100, 1, 0, true)).exposure, 0);
  assert.equal(track.last!.net, 0);
});

test('a track from the middle begins with what a hold of the cost gate tells, and pays nothing for it', () => {
  const track = new PnlTrack(costs, null);
  const first = track.append(decision(1, 100, -1, 0.4, true));
  assert.deepEqual([first.exposure, first.delta, first.net], [-0.4, 0, 0]);
  near(track.append(decision(2, 90, -1, 0.4)).gross, 4);
});

test('other holds do not: a track from the middle begins behind them', () => {
  const track = new PnlTrack(costs, null);
  const held = track.append(decision(1, 100, 1, 0, true));
  assert.deepEqual([held.exposure, held.delta, held.gross, held.net, track.since], [null, 0, null, null, undefined]);
  const first = track.append(decision(2, 110, 1, 0.3));
  assert.deepEqual([first.exposure, first.delta, first.gross, first.net, track.since], [0.3, 0, 0, 0, 2]);
  near(track.append(decision(3, 120, 1, 0, true)).gross, 3);
});

test('where it is known what is held, holds go on with it, and a change is paid', () => {
  const track = new PnlTrack(costs, -0.4);
  const held = track.append(decision(1, 100, -1, 0, true));
  assert.deepEqual([held.exposure, held.delta, held.net, track.since], [-0.4, 0, 0, 1]);
  const change = track.append(decision(2, 90, 0, 0));
  near(change.gross, 4);
  near(change.net, 4 - 0.4 * 90 * 0.0008);
});

test('a change smaller than min_trade is not made, one of its size is', () => {
  const track = new PnlTrack({ ...costs, min_trade: 0.25 }, 0);
  const deltas = [0.125, 0.25, 0.375, 0.5, 0.5].map((target, i) => track.append(decision(i, 100, 1, target)).delta);
  assert.deepEqual(deltas, [0, 0.25, 0, 0.25, 0]);
  const small = track.append(decision(5, 110, 1, 0.375));
  assert.deepEqual([small.exposure, small.delta, small.gross], [0.5, 0, 5]);
  near(small.net, 5 - 0.5 * 100 * 0.0008);
  assert.equal(track.append(decision(6, 110, -1, 0.125)).exposure, -0.125);
});

test('at prices that are not above 0 a change costs nothing', () => {
  const track = new PnlTrack(costs, 0);
  track.append(decision(1, -10, 1, 0.5));
  const second = track.append(decision(2, 0, 0, 0));
  assert.deepEqual([second.gross, second.net], [5, 5]);
});

test('dropping the front keeps what it earned, and when it began', () => {
  const track = new PnlTrack(costs, 0);
  for (let i = 0; i < 5; ++i) track.append(decision(10 + i, 100 + i, 1, 0.1));
  const { gross } = track.last!;
  track.dropFront(3);
  assert.equal(track.points.length, 2);
  assert.equal(track.last!.gross, gross);
  assert.equal(track.since, 10);
});
