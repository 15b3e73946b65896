// Where the page begins.
import { openStream, whenTokenIsNeeded } from './api';
import { Dashboard } from './dashboard';
import { byId } from './dom';
import { EventStream } from './event_stream';
import { makeHelp } from './help';
import { bindKeys } from './keyboard';
import { SqlBox } from './sql_box';
import { Theme } from './theme';
import { TokenDialog } from './token_dialog';
import { Views } from './views';
import './styles/base.css';
import './styles/layout.css';
import './styles/symbols.css';
import './styles/work.css';
import './styles/health.css';
import './styles/sql.css';
import './styles/dialogs.css';
import './styles/source.css';

const tokenDialog = new TokenDialog(() => {
  stream.hurry();
  dashboard.hurry();
});
whenTokenIsNeeded(tokenDialog.ask);

const views: Views = new Views(() => sql.focus());
const theme = new Theme(() => dashboard.applyColors());
const dashboard: Dashboard = new Dashboard({
  onChosen: () => views.showChart(),
  onSource: (source) => views.offerSql(source === 'daemon'),
});
const sql = new SqlBox(
  () => dashboard.symbol,
  () => views.closeSql(),
);
const toggleHelp = makeHelp(() => dashboard.source);
byId('help-button').addEventListener('click', toggleHelp);

const filter = byId<HTMLInputElement>('filter');
filter.addEventListener('input', () => dashboard.list.setFilter(filter.value));
filter.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowDown') dashboard.list.focus();
  else if (event.key === 'Enter') dashboard.list.openFirst();
  else return;
  event.preventDefault();
});

bindKeys(
  {
    '/': () => {
      views.go('symbols');
      filter.focus();
      filter.select();
    },
    s: () => views.toggleSql(),
    t: () => theme.next(),
    '?': toggleHelp,
    ArrowDown: () => dashboard.list.focus(),
    ArrowUp: () => dashboard.list.focus(),
  },
  () => {
    if (document.activeElement === filter && filter.value !== '') {
      filter.value = '';
      dashboard.list.setFilter('');
    } else if (document.activeElement === filter) {
      dashboard.list.focus();
    } else {
      views.closeSql();
    }
  },
);

const stream: EventStream = new EventStream({
  open: openStream,
  onEvent: (event) => dashboard.takeEvent(event),
  onStatus: (status) => dashboard.takeStatus(status),
  onUnauthorized: tokenDialog.ask,
});
window.addEventListener('online', () => stream.hurry());
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && stream.hurry());
dashboard.start();
void stream.run();
