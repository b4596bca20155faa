import type { ReadFile } from './target-files.ts';
import type { TargetHost } from './target-type.ts';

// The `pgpass` package that pg brings is not used: it takes the file's name and PGPASSWORD from
// process.env, writes its warnings straight to stderr (into a running screen), does not know that
// a socket in the default directory is "localhost", keeps a password's tail behind a colon that
// libpq cuts, skips lines shorter than eleven characters, and reads one host's password at a time.

/** A password file as far as it may be used. */
export interface PasswordFile {
	readonly lines: readonly string[];
	/** Why it is passed over, if it is. */
	readonly warning: string | undefined;
}

/** Reads a password file; one that others may read is passed over, as in libpq. */
export function readPasswordFile(path: string, readFile: ReadFile): PasswordFile {
	const file = readFile(path);
	if (file === undefined) return { lines: [], warning: undefined };
	if (!file.isRegular) {
		return { lines: [], warning: `The password file ${path} is not a plain file and is not used.` };
	}
	if (process.platform !== 'win32' && (file.mode & 0o077) !== 0) {
		const warning = `The password file ${path} is open to others and is not used: run chmod 600 on it.`;
		return { lines: [], warning };
	}
	return { lines: file.text.split(/\r?\n/), warning: undefined };
}

/** Directories of the server's socket that a password file calls `localhost`. */
export const defaultSocketDirectories: readonly string[] = ['/var/run/postgresql', '/tmp'];

/** The password of the first line `host:port:database:user:password` that matches. */
export function findPassword(
	lines: readonly string[],
	host: TargetHost,
	database: string,
	user: string,
): string | undefined {
	const isDefaultSocket = defaultSocketDirectories.includes(host.host);
	const names = isDefaultSocket ? ['localhost', host.host] : [host.host];
	for (const line of lines) {
		if (line.startsWith('#')) continue;
		for (const name of names) {
			const password = matchLine(line, [name, String(host.port), database, user]);
			if (password !== undefined) return password;
		}
	}
	return undefined;
}

/** The password of a line whose first four fields match: `*` any, a backslash escapes. */
function matchLine(line: string, wanted: readonly string[]): string | undefined {
	let rest = line;
	for (const value of wanted) {
		const field = /^((?:[^\\:]|\\.)*):/s.exec(rest);
		if (!field) return undefined;
		if (field[1] !== '*' && unescaped(field[1] ?? '') !== value) return undefined;
		rest = rest.slice(field[0].length);
	}
	// Like libpq, a colon ends the password unless it is escaped.
	return unescaped(/^(?:[^\\:]|\\.|\\$)*/s.exec(rest)?.[0] ?? '');
}

function unescaped(field: string): string {
	return field.replace(/\\(.)/gs, '$1');
}
