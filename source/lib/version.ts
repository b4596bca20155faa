import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sqlDirectory } from './sql-directory.ts';

/** The version of this program, as its package says: package.json lies beside the folder `sql`. */
export function packageVersion(): string {
	const file = join(dirname(sqlDirectory()), 'package.json');
	const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
	return version;
}
