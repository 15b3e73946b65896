// Bars and decisions → points of the charts' series.
import type { SeriesMarker, Time, UTCTimestamp } from 'lightweight-charts';
import { faded, type ChartColors } from './chart_colors';
import type { PnlPoint } from './pnl';
import { stateLook } from './states';
import type { Bar, Decision } from './types';

const at = (time: number): UTCTimestamp => time as UTCTimestamp;

export const candle = ({ time, open, high, low, close }: Bar) => ({ time: at(time), open, high, low, close });

export const close = ({ time, close: value }: Bar) => ({ time: at(time), value });

export const volume = ({ time, volume: value, open, close }: Bar, colors: ChartColors) => ({
  time: at(time),
  value,
  color: faded(close >= open ? colors.up : colors.down, 0.45),
});

// Nothing is drawn where a value is not known.
const point = (time: number, value: number | null) => (value === null ? { time: at(time) } : { time: at(time), value });

export const exposure = ({ time, exposure: value }: PnlPoint) => point(time, value);

export const urgency = ({ time, urgency: value }: Decision, colors: ChartColors) => ({
  time: at(time),
  value,
  color: faded(colors.urgency, 0.35),
});

// An impulse, the more solid the more urgent; none where nothing changes.
export const impulse = ({ time, delta }: PnlPoint, { urgency: share }: Decision, colors: ChartColors) =>
  delta === 0
    ? { time: at(time) }
    : { time: at(time), value: delta, color: faded(delta > 0 ? colors.up : colors.down, 0.55 + 0.45 * share) };

export const gross = ({ time, gross: value }: PnlPoint) => point(time, value);
export const net = ({ time, net: value }: PnlPoint) => point(time, value);

// Where the state changes: an arrow, a square or a circle, the larger the more urgent.
export function marker(decision: Decision, colors: ChartColors): SeriesMarker<Time> {
  const look = stateLook(decision.state);
  const size = 0.6 + 0.9 * decision.urgency;
  const time = at(decision.time);
  switch (look?.className) {
    case 'up':
      return { time, size, position: 'belowBar', shape: 'arrowUp', color: colors.up };
    case 'down':
      return { time, size, position: 'aboveBar', shape: 'arrowDown', color: colors.down };
    case 'flat':
      return { time, size: 0.4, position: 'aboveBar', shape: 'square', color: colors.flat };
    default:
      return { time, size: 0.6, position: 'aboveBar', shape: 'circle', color: colors.odd, text: look?.sign };
  }
}

export function markers(decisions: readonly Decision[], colors: ChartColors): SeriesMarker<Time>[] {
  return decisions.filter((d, i) => d.state !== decisions[i - 1]?.state).map((d) => marker(d, colors));
}

export interface Band {
  from: number;
  to: number; // the last second of it
}

// The stretches of decisions that only observe.
export function observeBands(decisions: readonly Decision[]): Band[] {
  const bands: Band[] = [];
  decisions.forEach((decision, i) => addToBands(bands, decision, decisions[i - 1]));
  return bands;
}

export function addToBands(bands: Band[], decision: Decision, before: Decision | undefined): void {
  if (decision.posture !== 'OBSERVE') return;
  const last = bands[bands.length - 1];
  if (last && before?.posture === 'OBSERVE') last.to = decision.time;
  else bands.push({ from: decision.time, to: decision.time });
}
