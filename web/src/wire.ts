// Lines and answers of the server → bars and decisions as the page keeps them.
import type { Bar, BarLine, Decision, DecisionLine, HistoryAnswer } from './types';

export const secondOf = (ms: number): number => Math.floor(ms / 1000);

export function barOfLine(line: BarLine): Bar {
  const { open, high, low, close, volume, trades } = line;
  return { time: secondOf(line.ts_ms), open, high, low, close, volume, trades };
}

export function decisionOfLine(line: DecisionLine): Decision {
  const { close, state, direction, target_exposure, urgency, hold, actionability, reason, gate_open, posture } = line;
  const time = secondOf(line.timestamp);
  return { time, close, state, direction, target_exposure, urgency, hold, actionability, reason, gate_open, posture };
}

export function barsOfAnswer({ bars }: HistoryAnswer): Bar[] {
  return bars.ts_ms.map((ms, i) => ({
    time: secondOf(ms),
    open: bars.open[i]!,
    high: bars.high[i]!,
    low: bars.low[i]!,
    close: bars.close[i]!,
    volume: bars.volume[i]!,
    trades: bars.trades[i]!,
  }));
}

export function decisionsOfAnswer({ decisions }: HistoryAnswer): Decision[] {
  return decisions.ts_ms.map((ms, i) => ({
    time: secondOf(ms),
    close: decisions.close[i]!,
    state: decisions.state[i]!,
    direction: decisions.direction[i]!,
    target_exposure: decisions.target_exposure[i]!,
    urgency: decisions.urgency[i]!,
    hold: decisions.hold[i]!,
    actionability: decisions.actionability[i]!,
    reason: decisions.reason[i]!,
    gate_open: decisions.gate_open[i]!,
    posture: decisions.posture[i]!,
  }));
}
