import { dirname, isAbsolute, resolve } from 'node:path';
import * as v from 'valibot';
import type { FileText, ReadFile } from '../postgres/target-files.ts';
import { disorderedSignals, givenThresholds, mergeThresholds } from './bounds.ts';
import { type Document, type Path, parseDocument } from './document.ts';
import { connectionKeys, fileSchema, keysAt } from './file-schema.ts';
import { passwordFault } from './secrets.ts';
import { type LabelColor, noSuchKey } from './settings.ts';

/** Settings as the file writes them, by key. */
export type Given = Readonly<Record<string, unknown>>;

/** A configuration file as far as it could be read. */
export type ConfigFile = {
	readonly path: string;
	/** Everything that is wrong with it, each as `file:line: reason`; then nothing of it counts. */
	readonly faults: readonly string[];
	readonly given: Given;
	readonly targets: ReadonlyMap<string, NamedTarget>;
	/** `file:line` of a setting. */
	placeOf(path: Path): string;
};

/** A target of the file. */
export type NamedTarget = {
	readonly name: string;
	/** What is given beside the connection. */
	readonly given: Given;
	/** A URL, or libpq's `name=value …`; holds no password. */
	readonly connection: string;
	readonly color?: LabelColor;
	readonly isProduction: boolean;
};

/** A larger file than this is none that a person wrote. In bytes. */
const largest = 256 * 1024;

/** Reads and checks the file at `path`; undefined when there is none. */
export function loadConfigFile(
	path: string,
	readFile: ReadFile,
	homeDirectory: string,
): ConfigFile | undefined {
	const file = readFile(path);
	if (file === undefined) return undefined;
	const shown = path.startsWith(`${homeDirectory}/`)
		? `~${path.slice(homeDirectory.length)}`
		: path;
	const document = documentOf(file);
	if ('fault' in document) {
		const faults = [`${shown}:${document.fault.line}: ${document.fault.reason}`];
		return { path: shown, faults, given: {}, targets: new Map(), placeOf: () => shown };
	}
	const placeOf = (at: Path) => `${shown}:${document.lineOf(at)}`;
	const faults = faultsOf(document)
		.toSorted((a, b) => a.line - b.line)
		.map(({ line, reason }) => `${shown}:${line}: ${reason}`);
	if (faults.length > 0) {
		return { path: shown, faults, given: {}, targets: new Map(), placeOf };
	}
	const { targets = {}, ...given } = document.value as Given & { targets?: Record<string, Given> };
	const folder = dirname(path);
	const located = (each: Given) => withPaths(each, folder, homeDirectory);
	return {
		path: shown,
		faults,
		given: located(given),
		targets: new Map(
			Object.entries(targets).map(([name, target]) => [name, namedTarget(name, located(target))]),
		),
		placeOf,
	};
}

function documentOf(file: FileText): ReturnType<typeof parseDocument> {
	const refuse = (reason: string) => ({ fault: { line: 1, reason } });
	if (!file.isRegular) return refuse('is not a plain file');
	if (file.text.length > largest) return refuse('is larger than 256 kB: it is no configuration');
	// An empty file says nothing, and nothing is wrong with that.
	return parseDocument(file.text.trim() === '' ? '{}' : file.text);
}

type Fault = { readonly line: number; readonly reason: string };

/** Keys that valibot's `record` leaves out: a target of such a name would count as it is. */
const uncheckedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function faultsOf(document: Document): Fault[] {
	const { issues = [] } = v.safeParse(fileSchema, document.value, {
		// Never the library's own words: they repeat what is in the file.
		message: () => 'is not what belongs here',
	});
	const faults = issues.map(({ message, path = [] }) => {
		const at = path.map(({ key }) => key as string | number);
		return { line: document.lineOf(at), reason: reasonOf(at, message) };
	});
	faults.push(...document.repeated);
	const targets = objectAt(document.value, 'targets');
	for (const name of Object.keys(targets ?? {}).filter((each) => uncheckedNames.has(each))) {
		const line = document.lineOf(['targets', name]);
		faults.push({ line, reason: `${named(['targets', name])} is no name for a target` });
	}
	for (const path of [[], ...Object.keys(targets ?? {}).map((name) => ['targets', name])]) {
		faults.push(...crossFaults(document, path, issues.length === 0));
	}
	return faults;
}

/** What is wrong between settings that are each well, at the top or in one target. */
function crossFaults(document: Document, path: Path, isWellFormed: boolean): Fault[] {
	const faults: Fault[] = [];
	const at = path.reduce<unknown>((value, key) => objectAt(value, String(key)), document.value);
	const say = (key: Path, reason: string) =>
		faults.push({
			line: document.lineOf([...path, ...key]),
			reason: `${named([...path, ...key])} ${reason}`,
		});
	if (path.length > 0 && typeof at === 'object' && at !== null) {
		const { url } = at as Given;
		const secret = passwordFault(url);
		if (secret !== undefined) say(['url'], secret);
		const keys = connectionKeys.filter((key) => key in at);
		if (keys.length === 0) say([], 'does not say where it is: give it a url, a service or a host');
		if ('url' in at && keys.length > 1)
			say(['url'], `says it all: leave out ${keys.filter((key) => key !== 'url').join(', ')}`);
	}
	if (isWellFormed) {
		const layers = [document.value, ...(path.length > 0 ? [at] : [])].map((each) =>
			givenThresholds(each as Given),
		);
		for (const signal of disorderedSignals(mergeThresholds(layers))) {
			if (objectAt(objectAt(at, 'thresholds'), signal) === undefined) continue;
			say(['thresholds', signal], 'would warn only after it is critical');
		}
	}
	return faults;
}

function objectAt(value: unknown, key: string): Given | undefined {
	const found = typeof value === 'object' && value !== null ? (value as Given)[key] : undefined;
	return typeof found === 'object' && found !== null ? (found as Given) : undefined;
}

/** One sentence; a key that isn't a plain word is not repeated, for it may be anything. */
function reasonOf(path: Path, message: string): string {
	if (message !== noSuchKey && message !== 'is not what belongs here')
		return `${named(path)} ${message}`;
	const key = String(path.at(-1));
	if (/pass|secret|token|key$/i.test(key)) {
		return `${named(path)} is refused: no password has a place in this file, put it into ~/.pgpass or a service file`;
	}
	const keys = keysAt(path.slice(0, -1));
	return `${named(path)} ${message}${keys ? `; there is ${keys.join(', ')}` : ''}`;
}

const named = (path: Path): string =>
	path.length === 0
		? 'the file'
		: path.map((key) => (/^[\w.-]{1,40}$/.test(String(key)) ? key : '…')).join('.');

/** Paths of files are meant from the folder of the configuration; `~` is the home directory. */
function withPaths(given: Given, folder: string, homeDirectory: string): Given {
	const located = (path: unknown) => {
		const text = String(path).replace(/^~(?=$|\/)/, homeDirectory);
		return isAbsolute(text) ? text : resolve(folder, text);
	};
	const { samplers, metricsTokenFile: token, prometheusAuthFile: auth } = given;
	return {
		...given,
		...(Array.isArray(samplers) && { samplers: samplers.map(located) }),
		...(typeof token === 'string' && token !== '' && { metricsTokenFile: located(token) }),
		...(typeof auth === 'string' && auth !== '' && { prometheusAuthFile: located(auth) }),
	};
}

function namedTarget(name: string, target: Given): NamedTarget {
	const { url, service, host, port, database, user, color, production, ...given } = target;
	const parts = { service, host, port, dbname: database, user };
	const quoted = Object.entries(parts).flatMap(([key, value]) =>
		value === undefined ? [] : [`${key}='${String(value).replace(/['\\]/g, '\\$&')}'`],
	);
	return {
		name,
		given,
		connection: typeof url === 'string' ? url : quoted.join(' '),
		...(color !== undefined && { color: color as LabelColor }),
		isProduction: production === undefined ? /^prod(uction)?$/i.test(name) : production === true,
	};
}
