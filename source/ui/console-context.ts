import { createContext, use } from 'react';
import type { DeskState } from '../actions/desk-state.ts';
import type { Diagnosis } from '../health/diagnosis/diagnose.ts';
import type { FleetLine } from '../health/fleet-line.ts';
import type { Report } from '../health/monitor.ts';
import type { Thresholds } from '../health/thresholds.ts';
import type { Moment as TimelineMoment, TimeStep } from '../health/timeline.ts';
import type { SamplerFacts } from '../sampling/book.ts';
import type { Trends } from '../sampling/history/trends.ts';
import type { OwnPanel } from '../sampling/own-panels.ts';
import type { Answers, Question } from '../sampling/question.ts';
import type { UsageRequest } from '../usage/request.ts';
import type { ZonesHere } from '../usage/viewer.ts';
import type { LabelColor } from './draw/span.ts';
import type { ThemeName } from './draw/theme.ts';
import type { UiState } from './state.ts';

/** What is known, and word of anything newer. */
export type ReportSource = {
	/** The latest; the same object until there is a newer one. */
	current(): Report;
	/** Numbers of the last hour, up to the current report. */
	trends(): Trends;
	/** Calls back on each new report; returns what ends that. */
	subscribe(listener: () => void): () => void;
};

/** A moment of the past that is looked at. */
export type Moment = TimelineMoment & {
	/** What the samples of then say of causes; undefined while the code for it is being loaded. */
	diagnose(): Diagnosis | undefined;
};

/** Where in time one looks, and the way to other moments. Sampling goes on behind. */
export type TimelineSource = {
	/** Undefined: one looks at what is. The same object until that changes. */
	moment(): Moment | undefined;
	step(step: TimeStep): void;
	/** A recording moves on by itself. */
	play(): void;
	pause(): void;
	subscribe(listener: () => void): () => void;
};

/** How the sampling goes on. */
export type ControlState = {
	readonly isPaused: boolean;
	/** Between two refreshes. */
	readonly intervalMs: number;
	/** What the user wants it to be, where a slow server is asked less often. */
	readonly askedMs?: number;
};

/** What a user may do to the sampling; none of it touches data. */
export type Controls = {
	pause(): void;
	resume(): void;
	/** Gives the terminal back and stops the process, as ctrl-z does, until somebody lets it go on. */
	suspend(): void;
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

/** Answers to what is open, and the way to say what is; nobody waits for it. */
export type ReaderSource = {
	/** What is known; the same map until that changes. */
	state(): Answers;
	/** Asks these from now on, at the pace of the samplers, and no others. */
	watch(questions: readonly Question[]): void;
	/** Asks them now, also while paused. */
	refresh(): void;
	subscribe(listener: () => void): () => void;
};

/** A target of the configuration, and what is known of it. */
export type TargetLine = Pick<Environment, 'color' | 'isProduction' | 'isReadOnly'> & {
	readonly name: string;
	/** The one that this console shows. */
	readonly isCurrent: boolean;
	/** Absent while the fleet is not watched. */
	readonly line?: FleetLine;
};

/** The targets there are to choose from; the same object until that changes. */
export type TargetsState = {
	readonly targets: readonly TargetLine[];
	readonly isWatching: boolean;
	/** Why the last choice could not be shown. */
	readonly fault?: string;
	/** Why there is no choice here; undefined: there is. */
	readonly whyNot?: string;
};

/** The targets of the configuration, and the way to another one. */
export type TargetsSource = {
	state(): TargetsState;
	/** Samples all of them from now on, or no longer. */
	watch(isWatching: boolean): void;
	/** Shows another target in this console, which then begins anew. */
	choose(name: string): void;
	subscribe(listener: () => void): () => void;
};

/** What of the settings is for usage. */
export type UsageSettings = ZonesHere & {
	/** The zone, or the user whose zone is meant, where one was named. */
	readonly viewer: Pick<UsageRequest, 'zone' | 'user'>;
	/** USAGE_DAILY_ROLLUP_ENABLED, where it is set. */
	readonly enabled: string | undefined;
};

/** What stays the same while the console runs. */
export type Environment = {
	/** What the user calls this database: a name from the configuration, or its host. Sanitised. */
	readonly target: string;
	/** The colour of that name. */
	readonly color?: LabelColor;
	/** Said in a word and a colour, wherever the name is. */
	readonly isProduction: boolean;
	/** Nothing that changes data may be offered. */
	readonly isReadOnly: boolean;
	/** Only ASCII may be shown: asked for, no UTF-8 locale, or a dumb terminal. */
	readonly isAscii: boolean;
	readonly hasColor: boolean;
	readonly theme: ThemeName;
	/** Panels that the user's own samplers fill. */
	readonly ownPanels: readonly OwnPanel[];
	/** By name: those that come first, and those that are not shown. */
	readonly panels: { readonly order: readonly string[]; readonly hidden: readonly string[] };
	/** The name of the file, where a recording is shown and no server is there; sanitised. */
	readonly recording?: string;
	/** What decides whose days usage is shown in, and from which source. */
	readonly usage: UsageSettings;
	/** By which rows are marked, as the whole is. */
	readonly thresholds: Thresholds;
	/** What is wrong with the settings and could be worked around; sanitised sentences. */
	readonly warnings: readonly string[];
	/** A sampler's own cadence in ms; undefined: it is asked at every refresh. */
	everyMs(samplerId: string): number | undefined;
	/** What is known of a sampler besides its reading; undefined for an id that none has. */
	sampler(id: string): SamplerFacts | undefined;
	/** Whether the program has a command of this name, such as `tick`, to be offered as a next step. */
	hasCommand(name: string): boolean;
};

/** The only way in which live objects reach the user interface. */
export type ConsoleContext = {
	readonly report: ReportSource;
	readonly timeline: TimelineSource;
	readonly controls: Controls;
	readonly diagnosis: DiagnosisSource;
	readonly actions: ActionsSource;
	readonly reader: ReaderSource;
	readonly environment: Environment;
	/** Absent where there is no configuration to choose from, as in the demo. */
	readonly targets?: TargetsSource;
	/** Open at the start; absent: nothing. */
	readonly opened?: UiState;
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
