import { createContext, use } from 'react';
import type { DeskState } from '../actions/desk-state.ts';
import type { Diagnosis } from '../health/diagnosis/diagnose.ts';
import type { Report } from '../health/monitor.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { ThemeName } from './draw/theme.ts';

/** What is known, and word of anything newer. */
export type ReportSource = {
	/** The latest; the same object until there is a newer one. */
	current(): Report;
	/** Snapshots of the last hour, oldest first, the current one included. */
	history(): readonly Snapshot[];
	/** Calls back on each new report; returns what ends that. */
	subscribe(listener: () => void): () => void;
};

/** How the sampling goes on. */
export type ControlState = {
	readonly isPaused: boolean;
	/** Between two refreshes. */
	readonly intervalMs: number;
};

/** What a user may do to the sampling; none of it touches data. */
export type Controls = {
	pause(): void;
	resume(): void;
	/** Samples now, also while paused; tries a lost connection at once. */
	refresh(): void;
	setIntervalMs(intervalMs: number): void;
	/** The same object until it changes. */
	state(): ControlState;
	subscribe(listener: () => void): () => void;
};

/** What is known of causes; the same object until that changes. */
export type DiagnosisState = {
	readonly latest: Diagnosis | undefined;
	/** Evidence is being gathered right now. */
	readonly isAsking: boolean;
};

/** The latest diagnosis, and the way to a newer one. */
export type DiagnosisSource = {
	state(): DiagnosisState;
	/** Samples, and gathers evidence: bounded, read-only. */
	ask(): void;
	subscribe(listener: () => void): () => void;
};

/** The desk for actions: what it shows, and the keys it is told. */
export type ActionsSource = {
	state(): DeskState;
	/** Finds out what can be had; a command line such as `repair --pipeline hourly` is selected. */
	open(command: string | undefined): void;
	press(key: string): void;
	subscribe(listener: () => void): () => void;
};

/** What stays the same while the console runs. */
export type Environment = {
	/** What the user calls this database: a name from the configuration, or its host. Sanitised. */
	readonly target: string;
	/** Nothing that changes data may be offered. */
	readonly isReadOnly: boolean;
	/** Only ASCII may be shown: asked for, no UTF-8 locale, or a dumb terminal. */
	readonly isAscii: boolean;
	readonly hasColor: boolean;
	readonly theme: ThemeName;
	/** What is wrong with the settings and could be worked around; sanitised sentences. */
	readonly warnings: readonly string[];
	/** A sampler's own cadence in ms; undefined: it is asked at every refresh. */
	everyMs(samplerId: string): number | undefined;
	/** Whether the program has a command of this name, such as `tick`, to be offered as a next step. */
	hasCommand(name: string): boolean;
};

/** The only way in which live objects reach the user interface. */
export type ConsoleContext = {
	readonly report: ReportSource;
	readonly controls: Controls;
	readonly diagnosis: DiagnosisSource;
	readonly actions: ActionsSource;
	readonly environment: Environment;
	/** This machine's clock, in ms since the epoch. */
	now(): number;
};

const Context = createContext<ConsoleContext | undefined>(undefined);

/** Hands the live objects to the components below. */
export const ConsoleProvider = Context;

/** The live objects; throws outside of a {@link ConsoleProvider}. */
export function useConsole(): ConsoleContext {
	const context = use(Context);
	if (context === undefined) throw new Error('useConsole needs a ConsoleProvider above it');
	return context;
}
