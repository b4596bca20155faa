import type { FleetLine } from '../../../health/fleet-line.ts';
import { formatAge, formatCount } from '../../../lib/format.ts';
import type { Maybe } from '../../../sampling/panel-data.ts';
import type { TargetLine } from '../../console-context.ts';
import { boxEdges, boxLines, boxPadding } from '../../draw/box.ts';
import { mark, toneOf, unknownMark } from '../../draw/mark.ts';
import { clipLine, type Line, line, type Piece, padLine, span } from '../../draw/span.ts';
import { tableLines } from '../../draw/table.ts';
import { wrapWords } from '../../draw/wrap.ts';
import { nameLine } from '../../frame/name-line.ts';
import { scrollLines, scrollTag } from '../../frame/scroll.ts';
import { shortFailure } from '../../frame/short-failure.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import type { ViewBody } from '../view.ts';
import type { FleetView } from './fleet-view.ts';

/** A line a target. */
export function drawFleet(
	view: FleetView,
	{ targets: state }: FrameInput,
	width: number,
	height: number,
): ViewBody | undefined {
	if (state === undefined) return undefined;
	const { targets, isWatching, fault } = state;
	const inner = Math.max(0, width - boxPadding);
	const rows = Math.max(0, height - boxEdges);
	const current = targets.findIndex(({ isCurrent }) => isCurrent);
	const named = targets.findIndex(({ name }) => name === view.selected);
	const selected = named >= 0 ? named : Math.max(0, current);
	const [titles = [], ...lines] = fleetTable(targets, isWatching, inner - 2);
	const list = lines.map((each, at) => {
		const content = line(at === current ? span('▸ ', 'accent') : '  ', each);
		return at === selected ? inverse(padLine(content, inner)) : content;
	});
	const chosen = targets[selected]?.line;
	const foot = [
		[],
		...(chosen && chosen.severity !== 'ok' ? sentenceLines(chosen, inner) : []),
		...notes(isWatching, fault, inner),
	];
	const room = Math.max(1, rows - foot.length - 1);
	const top = Math.max(0, Math.min(selected - Math.floor(room / 2), list.length - room));
	const seen = scrollLines(list, top, room);
	const content = [line('  ', titles), ...seen.lines, ...foot];
	const title = line(span(isWatching ? 'Fleet' : 'Targets', 'title'));
	const box = { title, tag: scrollTag(seen), isFocused: true, content };
	return { lines: boxLines(box, width, height), shown: { ...seen, maxTop: list.length - 1 } };
}

function fleetTable(
	targets: readonly TargetLine[],
	isWatching: boolean,
	width: number,
): readonly Line[] {
	const columns = [
		{ title: 'target' },
		...(isWatching
			? [
					{ title: 'lag', isNumber: true, rank: 1 },
					{ title: 'queued', isNumber: true, rank: 2 },
					{ title: 'age', isNumber: true, rank: 3 },
					{ title: 'state', leastWidth: 20 },
				]
			: [{ title: '' }]),
	];
	return tableLines(
		columns,
		targets.map((each) => cells(each, isWatching)),
		width,
	);
}

function cells(target: TargetLine, isWatching: boolean): readonly Piece[] {
	const { name, line: known, isReadOnly } = target;
	const label = nameLine({ ...target, target: name });
	if (!isWatching || known === undefined) {
		return [label, isReadOnly ? span('READ-ONLY', 'strong') : ''];
	}
	const { severity, sentence, lagSeconds, queued, ageSeconds } = known;
	return [
		label,
		drawn(lagSeconds, formatAge),
		drawn(queued, formatCount),
		drawn(ageSeconds, formatAge),
		line(
			mark(severity),
			span(` ${shortFailure(sentence)}`, severity === 'ok' ? undefined : toneOf(severity)),
		),
	];
}

const drawn = (value: Maybe<number | null>, format: (value: number) => string): Piece =>
	value === undefined ? unknownMark : value === null ? span('–', 'muted') : format(value);

function notes(isWatching: boolean, fault: string | undefined, width: number): readonly Line[] {
	const connections = 'at most 2 connections to each';
	const words = isWatching
		? `enter opens · f stops watching · ${connections}`
		: `enter opens one and closes this one · f watches all: ${connections}`;
	return [
		...(fault === undefined
			? []
			: [clipLine(line(mark('critical'), span(` ${fault}`, 'critical')), width)]),
		...wrapWords(words, Math.max(1, width)).map((row) => [span(row, 'muted')]),
	];
}

/** What is cut off in the list is said of the selected one in full. */
const sentenceLines = ({ severity, sentence }: FleetLine, width: number): readonly Line[] => [
	...wrapWords(sentence, Math.max(1, width)).map((row) => [span(row, toneOf(severity))]),
	[],
];

const inverse = (content: Line): Line => content.map((each) => ({ ...each, isInverse: true }));
