import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TidemarkError } from '../errors.ts';

/** One migration: a pair of files `NNN.do.name.sql` and `NNN.undo.name.sql`. */
export interface MigrationFile {
	readonly version: number;
	/** `NNN.name`, which is also how the database remembers it. */
	readonly id: string;
	readonly upSql: string;
	readonly downSql: string;
	/**
	 * Lies in `when-asked/`: takes something away for good, so a plain `up` stops before it and only
	 * an explicit target reaches it.
	 */
	readonly isWhenAsked: boolean;
}

const whenAskedFolder = 'when-asked';
const fileName = /^(\d+)\.(do|undo)\.([a-z0-9-]+)\.sql$/;

/**
 * Reads the migrations of a folder, ordered by version.
 * @throws TidemarkError of kind `catalog` that lists every fault: a name that fits no pattern, a
 * missing half, a version used twice.
 */
export async function readMigrationFiles(directory: string): Promise<readonly MigrationFile[]> {
	const faults: string[] = [];
	const halves = new Map<string, { up?: string; down?: string; isWhenAsked: boolean }>();
	for (const path of await sqlFilesIn(directory)) {
		const [, version, action, name] = fileName.exec(basename(path)) ?? [];
		if (version === undefined || name === undefined) {
			faults.push(
				`${basename(path)}: expected a name like 007.do.hourly.sql or 007.undo.hourly.sql`,
			);
			continue;
		}
		const id = `${version}.${name}`;
		const isWhenAsked = basename(join(path, '..')) === whenAskedFolder;
		const pair = halves.get(id) ?? { isWhenAsked };
		pair[action === 'do' ? 'up' : 'down'] = await readWithIncludes(path, directory);
		halves.set(id, pair);
	}
	const migrations: MigrationFile[] = [];
	for (const [id, { up, down, isWhenAsked }] of halves) {
		const version = Number.parseInt(id, 10);
		if (up === undefined || down === undefined) {
			faults.push(`${id}: its ${up === undefined ? 'do' : 'undo'} file is missing`);
		} else {
			migrations.push({ version, id, upSql: up, downSql: down, isWhenAsked });
		}
		const twin = [...halves.keys()].find((key) => key < id && Number.parseInt(key, 10) === version);
		if (twin) faults.push(`${id}: version ${version} is taken by ${twin}`);
	}
	if (faults.length > 0) throw new TidemarkError('catalog', faults.join('\n'), { faults });
	return migrations.sort((a, b) => a.version - b.version);
}

async function sqlFilesIn(directory: string): Promise<string[]> {
	const entries = await readdir(directory, { withFileTypes: true, recursive: true });
	return entries
		.filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
}

/** The text of a file, with each line `-- include: NAME` replaced by that file of the folder. */
async function readWithIncludes(path: string, directory: string): Promise<string> {
	const lines = (await readFile(path, 'utf8')).split('\n');
	const texts = lines.map(async (line) => {
		const included = /^-- include: (\S+)$/.exec(line)?.[1];
		return included === undefined ? line : readFile(join(directory, included), 'utf8');
	});
	return (await Promise.all(texts)).join('\n');
}
