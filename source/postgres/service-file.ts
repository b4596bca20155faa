import type { ReadFile } from './target-files.ts';
import { addParameter, type Given, type Parsed } from './target-keywords.ts';

/** Where the service file of a name is looked for. */
export interface ServiceLookup {
	/** What PGSERVICEFILE or `servicefile` names, if anything. */
	readonly file: string | undefined;
	readonly homeDirectory: string;
	/** PGSYSCONFDIR, if set. */
	readonly systemDirectory: string | undefined;
	readonly readFile: ReadFile;
}

/** The directory that Debian's and Red Hat's libpq are built with; another build may have another. */
const defaultSystemDirectory = '/etc/postgresql-common';

/**
 * The parameters of a service: from the user's file, else from the system's, as in libpq. A service
 * that neither defines is a fault.
 */
export function readService(name: string, lookup: ServiceLookup): Parsed {
	const system = lookup.systemDirectory || defaultSystemDirectory;
	const paths = [
		lookup.file || `${lookup.homeDirectory}/.pg_service.conf`,
		`${system}/pg_service.conf`,
	];
	for (const path of paths) {
		const file = lookup.readFile(path);
		if (file) {
			const found = parseServiceFile(file.text, name, path);
			if (found) return found;
		} else if (path === lookup.file) {
			return { given: new Map(), faults: [`The service file ${path} cannot be read.`] };
		}
	}
	const fault = `The service "${name}" is not defined in ${paths.join(' nor in ')}.`;
	return { given: new Map(), faults: [fault] };
}

/** The section of a service, or undefined if the file has none of that name. */
export function parseServiceFile(text: string, name: string, path: string): Parsed | undefined {
	const given: Given = new Map();
	const faults: string[] = [];
	let isOurs = false;
	for (const [index, raw] of text.split('\n').entries()) {
		const line = raw.trim();
		if (line === '' || line.startsWith('#')) continue;
		if (line.startsWith('[')) {
			if (isOurs) return { given, faults };
			isOurs = line.startsWith(`[${name}]`);
		} else if (isOurs) {
			const fault = readLine(line, given);
			if (fault) faults.push(`${path}, line ${index + 1}: ${fault}.`);
		}
	}
	return isOurs ? { given, faults } : undefined;
}

function readLine(line: string, given: Given): string | undefined {
	if (line.startsWith('ldap')) return 'tidemark does not look services up by LDAP';
	const [, key, value] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
	if (key === undefined || value === undefined) return 'a line is name=value';
	if (key === 'service' || key === 'servicefile') return 'a service cannot name another one';
	// libpq keeps the first of two.
	const first: Given = new Map();
	if (!addParameter(first, key, value)) return `"${key.slice(0, 40)}" is no parameter of libpq`;
	for (const [keyword, kept] of first) if (!given.has(keyword)) given.set(keyword, kept);
	return undefined;
}
