// Light, dark, or as the system is. The choice stays in this browser.
import { byId } from './dom';

const key = 'stream_daemon.theme';
const choices = ['auto', 'light', 'dark'] as const;
type Choice = (typeof choices)[number];

const signs: Record<Choice, string> = { auto: '◐ Auto', light: '○ Light', dark: '● Dark' };

export class Theme {
  private choice: Choice;
  private readonly button = byId('theme-button');

  constructor(private readonly onChange: () => void) {
    const kept = localStorage.getItem(key) as Choice | null;
    this.choice = kept !== null && choices.includes(kept) ? kept : 'auto';
    this.button.addEventListener('click', () => this.next());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
    this.apply();
  }

  next(): void {
    this.choice = choices[(choices.indexOf(this.choice) + 1) % choices.length]!;
    localStorage.setItem(key, this.choice);
    this.apply();
    this.onChange();
  }

  private apply(): void {
    document.documentElement.dataset['theme'] = this.choice;
    this.button.firstChild!.textContent = `${signs[this.choice]} `;
    this.button.setAttribute('aria-label', `Theme: ${this.choice}`);
  }
}
