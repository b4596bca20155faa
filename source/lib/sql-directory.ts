import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder `sql` that ships with the program: the nearest one above this module that holds
 * `migrations`. Works from the sources (`source/lib/`) and from the bundle (`dist/`) alike.
 * @throws Error when there is none, that is when the package is incomplete.
 */
export function sqlDirectory(): string {
	for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
		const candidate = join(folder, 'sql');
		if (existsSync(join(candidate, 'migrations'))) return candidate;
		if (folder === dirname(folder)) {
			throw new Error('The folder sql/ is missing beside the program: install the package again.');
		}
	}
}
