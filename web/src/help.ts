// The help: keys, and what is shown.
import { byId, make } from './dom';

import type { Source } from './source';

type Pair = [term: string, text: string];

const sqlKeys: Record<Source, Pair[]> = { daemon: [['s', 'SQL box; Ctrl+Enter runs']], file: [] };

const keysOf = (source: Source): Pair[] => [
  ['/', 'filter the symbols'],
  ['↑ ↓ PgUp PgDn Home End', 'move in the list'],
  ['Enter', 'show the symbol'],
  ['← → + − End', 'move, zoom, go to now (in the charts)'],
  ...sqlKeys[source],
  ['t', 'theme: auto, light, dark'],
  ['Esc', 'close'],
  ['?', 'this help'],
];

const prices: Record<Source, Pair> = {
  daemon: ['Bars', 'One second each, UTC. Hollow candles rise, filled ones fall. Seconds without a bar take no room.'],
  file: ['Close', 'Of each decision in the file, by its second, UTC. Seconds without a decision take no room.'],
};

const notesOf = (source: Source): Pair[] => [
  prices[source],
  ['Target exposure', 'Direction × exposure that decisions want, in steps; on hold it stays. Targets, not executions.'],
  ['Urgency', 'Bars below the exposure, the size of the markers, and how solid the impulses are.'],
  ['Markers', 'Where the state changes: ▲ BUY, ▼ SELL, ■ FLAT, ● UNKNOWN or PARADOX.'],
  ['Grey bands', 'Posture OBSERVE: the gate is closed.'],
  [
    'PnL',
    'Gross grows by held exposure × change of the close; net is after notional fees and slippage on each change of ' +
      'exposure. From the first loaded decision of which it is known what is held.',
  ],
];

export function makeHelp(source: () => Source): () => void {
  const dialog = byId<HTMLDialogElement>('help');
  const list = (pairs: Pair[], tag: 'kbd' | 'b'): HTMLElement =>
    make('dl', {}, ...pairs.flatMap(([term, text]) => [make('dt', {}, make(tag, {}, term)), make('dd', {}, text)]));
  const close = make('button', { type: 'button', class: 'primary' }, 'Close');
  close.addEventListener('click', () => dialog.close());
  const write = (): void => {
    dialog.replaceChildren(make('h2', { id: 'help-title' }, 'Keys'), list(keysOf(source()), 'kbd'));
    dialog.append(make('h2', {}, 'What is shown'), list(notesOf(source()), 'b'), close);
  };
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return () => {
    if (dialog.open) return dialog.close();
    write();
    dialog.showModal();
  };
}
