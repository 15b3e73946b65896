// What a health strip is made of: cells along the foot, and on a phone details below them.
import { count } from './format';
import type { Rates } from './rates';
import type { Health } from './types';

export type Alarm = '' | 'warn' | 'bad';
export interface Reading {
  text: string;
  alarm?: Alarm;
  more?: readonly string[]; // lines below the cell's title
}
export interface HealthCell {
  key: string;
  name: string;
  title: string;
  read: (health: Health, rates: Rates, nowMs: number) => Reading;
}
export interface HealthSection {
  title: string; // none where it is empty
  lines: readonly string[];
}
export interface HealthView {
  cells: readonly HealthCell[];
  details: (health: Health) => HealthSection[];
}

export const since = (ms: number | undefined, nowMs: number): number | undefined =>
  ms ? (nowMs - ms) / 1000 : undefined;

// Why lines were refused, the most frequent reason first.
export function rejectsOf(health: Health): string[] {
  const reasons = Object.entries(health.rejected_by_reason ?? {}).filter(([, lines]) => lines > 0);
  reasons.sort((a, b) => b[1] - a[1]);
  return reasons.map(([reason, lines]) => `${reason} ${count(lines)}`);
}

export const rejects = (health: Health, rates: Rates): Reading => ({
  text: count(health.invalid_lines),
  alarm: (rates.invalid_lines ?? 0) > 0 ? 'warn' : '',
  more: rejectsOf(health),
});
