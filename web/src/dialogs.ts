// The help, and the question for the token.
import { token } from './api';
import { byId, make } from './dom';

const keys: [string, string][] = [
  ['/', 'filter the symbols'],
  ['↑ ↓ PgUp PgDn Home End', 'move in the list'],
  ['Enter', 'show the symbol'],
  ['← → + − End', 'move, zoom, go to now (in the charts)'],
  ['s', 'SQL box; Ctrl+Enter runs'],
  ['t', 'theme: auto, light, dark'],
  ['Esc', 'close'],
  ['?', 'this help'],
];

const notes: [string, string][] = [
  ['Bars', 'One second each, UTC. Hollow candles rise, filled ones fall. Seconds without a bar take no room.'],
  ['Target exposure', 'Direction × exposure that the decisions want, in steps; on hold it stays. Targets, not executions.'],
  ['Urgency', 'Bars below the exposure, the size of the markers, and how solid the impulses are.'],
  ['Markers', 'Where the state changes: ▲ BUY, ▼ SELL, ■ FLAT, ● UNKNOWN or PARADOX.'],
  ['Grey bands', 'Posture OBSERVE: the gate is closed.'],
  ['PnL', 'Gross grows by held exposure × change of the close; net is after notional fees and slippage on each change of exposure. From the first decision that is loaded.'],
];

export function makeHelp(): () => void {
  const dialog = byId<HTMLDialogElement>('help');
  const list = (pairs: [string, string][], tag: 'kbd' | 'b'): HTMLElement =>
    make('dl', {}, ...pairs.flatMap(([term, text]) => [make('dt', {}, make(tag, {}, term)), make('dd', {}, text)]));
  const close = make('button', { type: 'button', class: 'primary' }, 'Close');
  close.addEventListener('click', () => dialog.close());
  dialog.append(make('h2', { id: 'help-title' }, 'Keys'), list(keys, 'kbd'), make('h2', {}, 'What is shown'), list(notes, 'b'), close);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return () => (dialog.open ? dialog.close() : dialog.showModal());
}

// Asks once, however many requests want it; all go on with what is given.
export function makeTokenDialog(): () => Promise<void> {
  const dialog = byId<HTMLDialogElement>('token');
  const input = make('input', { type: 'password', 'aria-label': 'Token', autocomplete: 'off', required: '' });
  const hint = make('p', { class: 'muted' });
  const form = make('form', {}, input, make('button', { type: 'submit', class: 'primary' }, 'Go on'));
  dialog.append(make('h2', { id: 'token-title' }, 'This daemon asks for a token'), hint, form);
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  let asking: Promise<void> | undefined;
  return () => {
    asking ??= new Promise<void>((resolve) => {
      hint.textContent =
        token.get() === ''
          ? 'It is what the file of --http-token-file holds. It stays in this tab until it is closed.'
          : 'The daemon does not take this token. Is it the one of --http-token-file?';
      dialog.showModal();
      input.value = '';
      input.focus();
      form.onsubmit = (event) => {
        event.preventDefault();
        token.set(input.value.trim());
        dialog.close();
        asking = undefined;
        resolve();
      };
    });
    return asking;
  };
}
