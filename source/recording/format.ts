import type { ColumnType } from '../catalog/sampler.ts';
import type { OwnPanel } from '../sampling/own-panels.ts';

/**
 * A recording is lines of JSON, docs/history.md: a head at each start of a program that writes it,
 * then a sample a line, each against the one before but for those that begin anew.
 */

/** What the first line says; a program reads the versions up to its own. */
export const recordingVersion = 1;

/** So many samples after one that is whole, the next is: more than these a damaged line can't cost. */
export const wholeEvery = 64;

/** A file that has grown to this is put aside as FILE.1, in the place of an older one; in bytes. */
export const rotateBytes = 256 * 2 ** 20;

/** No line is longer; in bytes. */
export const longestLine = 32 * 2 ** 20;

/** The line with which a program begins. */
export type RecordingHead = {
	readonly tidemark: 'recording';
	readonly version: number;
	/** What the database was called. */
	readonly target: string;
	/** Between two refreshes, in ms. */
	readonly intervalMs: number;
	/** Samplers that are asked more seldom, by id, in ms. */
	readonly everyMs: Readonly<Record<string, number>>;
	/** The panels that samplers of the user's filled; absent: none, or of an older program. */
	readonly ownPanels?: readonly RecordedPanel[];
	/** The program that wrote it. */
	readonly program: string;
};

/** A panel of the user's own, as JSON has it. */
export type RecordedPanel = {
	readonly id: string;
	readonly samplers: readonly {
		readonly id: string;
		readonly title: string;
		readonly types: Readonly<Record<string, ColumnType>>;
	}[];
};

/** As {@link RecordingHead} has them. */
export const recordedPanels = (panels: readonly OwnPanel[]): readonly RecordedPanel[] =>
	panels.map(({ id, samplers }) => ({
		id,
		samplers: samplers.map(({ types, ...each }) => ({ ...each, types: Object.fromEntries(types) })),
	}));
