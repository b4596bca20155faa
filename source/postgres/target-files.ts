import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import type { TargetInput } from './target.ts';

/** What resolving a target needs to know of a file. */
export interface FileText {
	readonly text: string;
	/** The permission bits, e.g. 0o600. */
	readonly mode: number;
	/** False for a pipe or a device; their text is not read. */
	readonly isRegular: boolean;
}

/** Reads a whole file; undefined when it doesn't exist or can't be read. */
export type ReadFile = (path: string) => FileText | undefined;

/** ReadFile on the real file system. */
export const readConfigFile: ReadFile = (path) => {
	let descriptor: number | undefined;
	try {
		// O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
		descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
		const stat = fstatSync(descriptor);
		const isRegular = stat.isFile();
		const text = isRegular ? readFileSync(descriptor, 'utf8') : '';
		return { text, mode: stat.mode & 0o777, isRegular };
	} catch {
		return undefined;
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
	}
};

/** What resolveTargets needs, taken from this process and this machine. */
export function systemTargetInput(url?: string): TargetInput {
	return {
		...(url === undefined ? {} : { url }),
		env: process.env,
		homeDirectory: homedir(),
		userName: systemUserName(),
		readFile: readConfigFile,
	};
}

/** Empty in a container whose user has no entry in the user database. */
function systemUserName(): string {
	try {
		return userInfo().username;
	} catch {
		return '';
	}
}
