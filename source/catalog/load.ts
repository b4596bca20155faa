import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CatalogFault, type FileUse, parseSampler } from './front-matter.ts';
import type { Sampler } from './sampler.ts';

/** All samplers that could be read, and everything that is wrong with the others. */
export type Catalog = {
	readonly samplers: readonly Sampler[];
	readonly faults: readonly CatalogFault[];
};

/** Reads the packs below `root`, one folder a pack. Variants of a sampler come most demanding first. */
export function loadCatalog(root: string): Catalog {
	const packs = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	const folders = packs.map((entry) => join(root, entry.name));
	return addFolders({ samplers: [], faults: [] }, folders);
}

/** The queries with parameters of some packs below `root`. */
export const loadQueries = (root: string, packs: readonly string[]): Catalog =>
	addFolders(
		{ samplers: [], faults: [] },
		packs.map((pack) => join(root, pack)),
		'query',
	);

/** The catalog and the samplers of more folders, each a pack that is called like its folder. */
export function addFolders(
	catalog: Catalog,
	folders: readonly string[],
	use: FileUse = 'sampler',
): Catalog {
	if (folders.length === 0) return catalog;
	const samplers = [...catalog.samplers];
	const faults = [...catalog.faults];
	for (const folder of folders) {
		for (const name of sqlFiles(folder, faults)) {
			const file = join(folder, name);
			const text = readFileSync(file, 'utf8');
			const parsed = parseSampler(file, basename(folder), basename(name, '.sql'), text, use);
			if ('faults' in parsed) faults.push(...parsed.faults);
			else samplers.push(parsed.sampler);
		}
	}
	faults.push(...clashes(samplers));
	return { samplers: samplers.toSorted(byDemand), faults };
}

function sqlFiles(folder: string, faults: CatalogFault[]): string[] {
	try {
		return readdirSync(folder)
			.filter((name) => name.endsWith('.sql'))
			.sort();
	} catch (cause) {
		const reason = `the folder of samplers can't be read: ${(cause as NodeJS.ErrnoException).code}`;
		faults.push({ file: folder, line: 0, reason });
		return [];
	}
}

/**
 * The built-in catalog and the user's own folders. The faults are those of the user's files; what is
 * wrong there, or takes the name of another sampler, is left out, and everything else goes on.
 */
export function addOwnFolders(
	builtIn: Catalog,
	folders: readonly string[],
): Catalog & { readonly ownFaults: readonly CatalogFault[] } {
	if (folders.length === 0) return { ...builtIn, ownFaults: [] };
	const own = addFolders({ samplers: [], faults: [] }, folders);
	const isTaken = new Set(builtIn.samplers.map(nameOf));
	const ownFaults = [...own.faults];
	const samplers = own.samplers.filter((sampler) => {
		const name = nameOf(sampler);
		if (!isTaken.has(name)) return isTaken.add(name);
		const { file, id } = sampler;
		const isTold = ownFaults.some((fault) => fault.file === file);
		const reason = `${id} is built in: give the folder or the file another name`;
		if (!isTold) ownFaults.push({ file, line: 1, reason });
		return false;
	});
	return {
		faults: builtIn.faults,
		samplers: [
			...builtIn.samplers,
			...samplers.map((sampler) => ({ ...sampler, isOwn: true as const })),
		].toSorted(byDemand),
		ownFaults,
	};
}

/** `file:line: reason`, or without a line where it is about all of the file. */
export const faultSentence = ({ file, line, reason }: CatalogFault): string =>
	line > 0 ? `${file}:${line}: ${reason}` : `${file}: ${reason}`;

const nameOf = ({ id, variant }: Sampler): string => `${id}.${variant}`;

/** Two files of one sampler's name and variant would hide each other. */
function clashes(samplers: readonly Sampler[]): CatalogFault[] {
	const faults: CatalogFault[] = [];
	const files = new Map<string, string>();
	for (const sampler of samplers) {
		const { id, file } = sampler;
		const key = nameOf(sampler);
		const other = files.get(key);
		if (other) faults.push({ file, line: 1, reason: `${id} is also defined by ${other}` });
		files.set(key, file);
	}
	return faults;
}

const demand = (sampler: Sampler): number =>
	sampler.needs.reduce(
		(sum, need) => sum + 1 + (need.kind === 'table' ? need.columns.length : 0),
		0,
	);

const byDemand = (a: Sampler, b: Sampler): number =>
	a.id < b.id ? -1 : a.id > b.id ? 1 : demand(b) - demand(a);
