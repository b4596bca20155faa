import type { Verdict } from '../../health/verdict.ts';
import type { PanelState } from '../../sampling/panel-data.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import type { Line } from '../draw/span.ts';
import type { FrameInput } from './frame-input.ts';
import type { Series } from './series.ts';

/** A panel by the name that verdicts and samplers use, such as `tasks`. */
export type PanelId = string;

/** A line and how easily it is given up where there is no room: rank 0 last. */
export type RankedLine = { readonly line: Line; readonly rank: number };

/** What a panel's builder reads. */
export type PanelInput<Data> = {
	readonly data: Data;
	readonly snapshot: Snapshot;
	/** Those of this panel, worst first. */
	readonly verdicts: readonly Verdict[];
	readonly frame: FrameInput;
};

/** A panel of the overview, whatever its data. */
export type Panel = {
	/** The key that focuses it. */
	readonly number: number;
	readonly id: PanelId;
	readonly title: string;
	/** What it takes from a snapshot, and how that reading stands. */
	stateOf(snapshot: Snapshot): PanelState<unknown>;
	/** Its content for a width, in the order of reading; rank 0 is the headline. */
	lines(frame: FrameInput, width: number): readonly RankedLine[];
	/** What its chart and its sparkline show over time. */
	readonly series: Series;
};

/** What {@link definePanel} makes a panel of. */
export type PanelDefinition<Data> = Omit<Panel, 'stateOf' | 'lines'> & {
	stateOf(snapshot: Snapshot): PanelState<Data>;
	lines(input: PanelInput<Data>, width: number): readonly RankedLine[];
};

/** The verdicts that a panel shows. */
export const verdictsOf = (frame: FrameInput, id: PanelId): readonly Verdict[] =>
	frame.report.verdicts.filter(({ panel }) => panel === id);

/** Makes a panel; the type of its data stays inside. */
export function definePanel<Data>({ lines, ...rest }: PanelDefinition<Data>): Panel {
	// A frame asks for a panel's lines to share out the height, and again to draw them.
	const built = new WeakMap<FrameInput, Map<number, readonly RankedLine[]>>();
	return {
		...rest,
		lines(frame, width) {
			const byWidth = built.get(frame) ?? new Map();
			built.set(frame, byWidth);
			const { snapshot } = frame.report;
			const { data } = rest.stateOf(snapshot);
			const made =
				byWidth.get(width) ??
				lines({ data, snapshot, frame, verdicts: verdictsOf(frame, rest.id) }, width);
			byWidth.set(width, made);
			return made;
		},
	};
}

/** Lines of one rank, counted up by `step` from one to the next. */
export const ranked = (lines: readonly Line[], rank: number, step = 0): readonly RankedLine[] =>
	lines.map((line, at) => ({ line, rank: rank + at * step }));

/** The lines of the lowest ranks that fit into `height`, in their own order. */
export function fitLines(lines: readonly RankedLine[], height: number): readonly Line[] {
	if (lines.length <= height) return lines.map(({ line }) => line);
	const kept = new Set(
		[...lines.keys()]
			.sort((a, b) => (lines[a]?.rank ?? 0) - (lines[b]?.rank ?? 0) || a - b)
			.slice(0, Math.max(0, height)),
	);
	return lines.filter((_, at) => kept.has(at)).map(({ line }) => line);
}
