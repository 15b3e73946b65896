// The question for the token. It is put once, however many requests want it; all go on with what is given. When nobody
// gives one it does not come up by itself again: a button brings it back.
import { ApiError, token } from './api';
import { byId, make, setHidden } from './dom';

export class TokenDialog {
  private readonly dialog = byId<HTMLDialogElement>('token');
  private readonly button = byId('token-button');
  private readonly hint = make('p', { class: 'muted' });
  private readonly input = make('input', {
    type: 'password',
    'aria-label': 'Token',
    autocomplete: 'off',
    required: '',
  });
  private asking: { promise: Promise<void>; end: (isGiven: boolean) => void } | undefined;
  private isRefused = false;

  constructor(private readonly onGivenLater: () => void) {
    const cancel = make('button', { type: 'button' }, 'Not now');
    const form = make('form', {}, this.input, make('button', { type: 'submit', class: 'primary' }, 'Go on'), cancel);
    this.dialog.append(make('h2', { id: 'token-title' }, 'This daemon asks for a token'), this.hint, form);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      token.set(this.input.value.trim());
      this.end(true);
    });
    cancel.addEventListener('click', () => this.end(false));
    this.dialog.addEventListener('close', () => this.dialog.open || this.end(false)); // by Esc
    this.button.addEventListener('click', () => void this.open().then(this.onGivenLater, () => undefined));
  }

  // Rejects when nobody gives one.
  readonly ask = (): Promise<void> => (this.isRefused ? Promise.reject(refusal()) : this.open());

  private open(): Promise<void> {
    if (this.asking) return this.asking.promise;
    this.hint.textContent =
      token.get() === ''
        ? 'It is what the file of --http-token-file holds. It stays in this tab until it is closed.'
        : 'The daemon does not take this token. Is it the one of --http-token-file?';
    this.input.value = '';
    this.dialog.showModal();
    this.input.focus();
    let end!: (isGiven: boolean) => void;
    const promise = new Promise<void>((resolve, reject) => {
      end = (isGiven) => (isGiven ? resolve() : reject(refusal()));
    });
    this.asking = { promise, end };
    return promise;
  }

  private end(isGiven: boolean): void {
    const { asking } = this;
    if (!asking) return;
    this.asking = undefined;
    this.isRefused = !isGiven;
    setHidden(this.button, isGiven);
    this.dialog.close();
    asking.end(isGiven);
  }
}

const refusal = (): ApiError => new ApiError(401, 'The daemon asks for a token, and none was given');
