// What serves the page: a daemon, with bars, a gate and SQL; or who follows a file of decisions, which have closes.

export type Source = 'daemon' | 'file';

// As an overview or a health tells it.
export const sourceOf = ({ file }: { file?: string }): Source => (file === undefined ? 'daemon' : 'file');
