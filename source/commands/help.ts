import { settings } from '../config.ts';
import { commands } from './registry.ts';

/** The text of `tidemark --help`. */
export function helpText(): string {
	const commandLines = Object.values(commands).map(
		({ usage, summary }) => `  ${usage}\n      ${summary}`,
	);
	return `Usage
  tidemark [URL]
      the console on the database of URL, DATABASE_URL, or the PG* variables
${commandLines.join('\n')}

Options
  --interval TIME           pause between two refreshes (${settings.intervalMs.fallback})
  --statement-timeout TIME  the server cancels a query of ours after this (${settings.statementTimeoutMs.fallback})
  --samplers DIR            a folder of your own samplers; may be given again
  --theme NAME              default or color-blind
  --ascii                   no character outside of ASCII
  --name TEXT               what the header calls this database
  --read-only               offer nothing that changes data
  --version, --help

Into a pipe, tidemark prints one overview as plain text and ends.

Examples
  $ tidemark postgres://watcher@db-1/multica
  $ PGSERVICE=production tidemark --interval 5s
  $ tidemark demo --fault lock-leaked`;
}
