// Which part of the page is in sight: on a phone one of four, else all, with the SQL box open or not.
import { byId, isPhone } from './dom';

export type Tab = 'symbols' | 'chart' | 'sql' | 'health';

export class Views {
  private readonly buttons = [...byId('tabs').querySelectorAll('button')];
  private beforeSql: HTMLElement | null = null;
  private hasSql = true;

  constructor(private readonly onSql: () => void) {
    for (const button of this.buttons) button.addEventListener('click', () => this.go(button.dataset['tab'] as Tab));
    byId('sql-button').addEventListener('click', () => this.toggleSql());
  }

  go(tab: Tab): void {
    document.body.dataset['tab'] = tab;
    for (const button of this.buttons) {
      if (button.dataset['tab'] === tab) button.setAttribute('aria-current', 'page');
      else button.removeAttribute('aria-current');
    }
    if (tab === 'sql') this.onSql();
  }

  // A symbol was chosen: on a phone its charts take the list's place.
  showChart(): void {
    if (isPhone()) this.go('chart');
  }

  offerSql(hasSql: boolean): void {
    if (!hasSql) this.closeSql();
    this.hasSql = hasSql;
  }

  toggleSql(): void {
    if (!this.hasSql) return;
    if (isPhone()) return this.go(document.body.dataset['tab'] === 'sql' ? 'chart' : 'sql');
    const open = document.body.dataset['sql'] !== 'open';
    document.body.dataset['sql'] = open ? 'open' : '';
    byId('sql-button').setAttribute('aria-expanded', String(open));
    if (open) {
      this.beforeSql = document.activeElement as HTMLElement | null;
      this.onSql();
    } else {
      this.beforeSql?.focus({ preventScroll: true });
    }
  }

  closeSql(): void {
    const isOpen = isPhone() ? document.body.dataset['tab'] === 'sql' : document.body.dataset['sql'] === 'open';
    if (isOpen) this.toggleSql();
  }
}
