// States and postures as people read them: a sign and a word, so that colour is never needed to tell them apart.
import type { State } from './types';

export interface StateLook {
  name: string;
  sign: string;
  className: 'up' | 'down' | 'flat' | 'odd';
}

const looks: Record<number, StateLook> = {
  1: { name: 'BUY', sign: '▲', className: 'up' },
  [-1]: { name: 'SELL', sign: '▼', className: 'down' },
  0: { name: 'FLAT', sign: '■', className: 'flat' },
  [-2]: { name: 'UNKNOWN', sign: '?', className: 'odd' },
  [-3]: { name: 'PARADOX', sign: '‡', className: 'odd' },
};

export function stateLook(state: State | null | undefined): StateLook | undefined {
  if (state === null || state === undefined) return undefined;
  return looks[state] ?? { name: String(state), sign: '?', className: 'odd' };
}

export const shortPosture = (posture: string | null): string =>
  (posture === 'TRADE_NORMAL' ? 'TRADE' : (posture ?? ''));
