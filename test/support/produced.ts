import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

// All that a run's programs print, and the passwords they were given, so that the end of the run can
// look for the one in the other. Workers find the folder by this variable.
const variable = 'TIDEMARK_TEST_PRODUCED';
const passwordsName = 'passwords';

/** Begins to keep, for this process and those that it starts. */
export function beginKeeping(): void {
	process.env[variable] = mkdtempSync(join(tmpdir(), 'tidemark-produced-'));
}

/** Keeps what a program has printed: a screen's bytes, an output, a page. */
export function keepProduced(text: string): void {
	const folder = process.env[variable];
	if (folder !== undefined) appendFileSync(join(folder, `output-${process.pid}`), `${text}\n`);
}

/** Keeps the password of a connection string, which must be found nowhere. */
export function keepPassword(url: string): void {
	const folder = process.env[variable];
	const { password } = new URL(url);
	// Short ones are part of many a word.
	if (folder === undefined || password.length < 12) return;
	appendFileSync(join(folder, passwordsName), `${decodeURIComponent(password)}\n`);
}

/**
 * Looks for every password in all that was kept, and in what the programs wrote into their own
 * folders, then forgets all of it.
 * @throws Error with the places where one was found, not with the password
 */
export function endKeeping(): void {
	const folder = process.env[variable];
	if (folder === undefined) return;
	const passwords = readFileSync(join(folder, passwordsName), 'utf8').trim().split('\n');
	const own = [homedir(), tmpdir()].flatMap((home) =>
		['.local/state/tidemark', '.config/tidemark', '.cache/tidemark'].map((name) =>
			join(home, name),
		),
	);
	const outputs = readdirSync(folder)
		.filter((name) => name !== passwordsName)
		.map((name) => join(folder, name));
	const places = [...outputs, ...own.flatMap(filesBelow)];
	const found = places.filter((path) => {
		const text = readFileSync(path, 'latin1');
		return passwords.some((password) => text.includes(password));
	});
	if (found.length > 0) throw new Error(`a password of this run was printed: see ${found.join()}`);
	const size = outputs.reduce((sum, path) => sum + statSync(path).size, 0);
	console.info(
		`none of ${new Set(passwords).size} passwords in ${Math.round(size / 1024)} KB of output and ${places.length - outputs.length} files`,
	);
	rmSync(folder, { recursive: true });
}

function filesBelow(folder: string): string[] {
	try {
		return readdirSync(folder, { recursive: true, encoding: 'utf8' })
			.map((name) => join(folder, name))
			.filter((path) => statSync(path).isFile());
	} catch {
		return [];
	}
}
