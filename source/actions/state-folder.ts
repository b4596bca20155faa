import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where receipts and ledgers are: `$XDG_STATE_HOME/tidemark`, by default in `~/.local/state`, as the
 * XDG base directories have it (a relative path there is to be ignored).
 */
export function stateFolder(
	env: Readonly<Record<string, string | undefined>>,
	home: string = homedir(),
): string {
	const { XDG_STATE_HOME: given = '' } = env;
	return join(isAbsolute(given) ? given : join(home, '.local', 'state'), 'tidemark');
}

/** Makes the folder, for this user only. */
export const makeFolder = (path: string): void => {
	mkdirSync(path, { recursive: true, mode: 0o700 });
};

/** Appends one line to a file that only this user may read, and sees it onto the disk. */
export function appendLine(path: string, line: string): void {
	const file = openSync(path, 'a', 0o600);
	try {
		const bytes = Buffer.from(`${line}\n`);
		for (let written = 0; written < bytes.length; ) {
			written += writeSync(file, bytes, written);
		}
		fdatasyncSync(file);
	} finally {
		closeSync(file);
	}
}
