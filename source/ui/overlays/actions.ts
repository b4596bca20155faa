import { progressText } from '../../actions/describe-progress.ts';
import type { DeskItem, DeskPhase, DeskState } from '../../actions/desk-state.ts';
import { formatAge } from '../../lib/format.ts';
import { displayWidth } from '../../lib/text.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { wrapWords } from '../draw/wrap.ts';

/** What each action does, in a few words. */
const summaries: Readonly<Record<DeskItem['action'], string>> = {
	tick: 'one call of its tick function',
	replay: 'recompute a span, after showing what that changes',
	verify: 'compare a span with raw; writes nothing',
	repair: 'mend what drifted and what has nothing raw behind it',
	backfill: 'walk all usage, and stamp the watermark',
	prune: 'clear old invalidations, if that loses none',
};

const nameWidth = 10;
const actionWidth = 9;

/** What is shown, and which of its lines must be in sight. */
export type ActionContent = { readonly lines: readonly Line[]; readonly focus?: number };

/** The desk as lines: the list, the question about a plan, the progress, the receipt. */
export function actionContent(desk: DeskState, width: number): ActionContent {
	const { phase } = desk;
	const content = contentOf(desk, phase, width);
	return { ...content, lines: content.lines.map((each) => clipLine(each, width)) };
}

function contentOf(desk: DeskState, phase: DeskPhase, width: number): ActionContent {
	switch (phase.kind) {
		case 'opening':
			return { lines: [[span('asking the server what can be had…', 'muted')]] };
		case 'choosing':
			return choices(desk, phase.notice, width);
		case 'planning':
			return {
				lines: [
					[span('looking at what it would change…', 'muted')],
					[span(phase.isStopping ? 'leaving: the question is taken back' : 'esc leaves', 'muted')],
				],
			};
		case 'asking':
			return {
				lines: [...question(phase), [], ...phase.lines.flatMap((text) => wrapped(text, width))],
			};
		case 'running':
			return { lines: underWay(phase, width) };
		case 'ended':
			return { lines: outcome(phase, width) };
	}
}

/** `Actions`, or what is being done. */
export function actionTitle({ phase }: DeskState): Line {
	const name = 'title' in phase ? phase.title : 'Actions';
	return [span(name, 'title')];
}

function choices(desk: DeskState, notice: string, width: number): ActionContent {
	const head = [
		...desk.leftBehind.flatMap((text) => wrapped(text, width, 'warn')),
		...(notice === '' ? [] : wrapped(notice, width, 'warn')),
		line(
			span('←→', 'accent'),
			` span of replay, verify, repair: ${formatAge(desk.spanMs / 1000)}   `,
			span('e', 'accent'),
			` engine: ${desk.engine}`,
		),
		line(span('enter', 'accent'), ' shows what it would do, and asks before it does anything'),
		[],
	];
	const rows = desk.items.map((item, index) =>
		row(item, desk.items[index - 1], index === desk.selected),
	);
	const none = [[span('no rollup pipeline in this database', 'muted')]];
	return {
		lines: [...head, ...(rows.length === 0 ? none : rows)],
		focus: head.length + desk.selected,
	};
}

function row(item: DeskItem, before: DeskItem | undefined, isSelected: boolean): Line {
	const name = item.pipeline === before?.pipeline ? '' : item.pipeline;
	const isPossible = item.reason === undefined;
	const text = isPossible ? summaries[item.action] : `not here: ${item.reason}`;
	return line(
		span(isSelected ? '> ' : '  ', 'focus'),
		span(name.padEnd(nameWidth), 'strong'),
		{
			...span(item.action.padEnd(actionWidth), isPossible ? 'accent' : 'muted'),
			isInverse: isSelected,
		},
		span(` ${text}`, isPossible ? undefined : 'muted'),
	);
}

/** First of all, so that it is in sight however long the plan is. */
function question({ rung, confirmation }: Extract<DeskPhase, { kind: 'asking' }>): readonly Line[] {
	const notice = confirmation.notice === '' ? undefined : span(`   ${confirmation.notice}`, 'warn');
	if (rung.kind === 'button') {
		const button = (text: string, isFocused: boolean) => ({
			...span(` ${text} `, isFocused ? 'focus' : undefined),
			isInverse: isFocused,
		});
		return [
			line(
				button('Cancel', confirmation.focus === 'cancel'),
				'  ',
				button('Run', confirmation.focus === 'run'),
				notice,
			),
			[span('tab chooses, enter confirms, esc leaves', 'muted')],
		];
	}
	const [asked, what] =
		confirmation.done === 0 || rung.kind === 'name'
			? ['Type the name of the target to go on: ', rung.name]
			: [`Now the number of rows that are ${rung.fate}: `, String(rung.rows)];
	return [
		line(asked, span(what, 'strong')),
		line(span('> ', 'accent'), confirmation.typed, { text: ' ', isInverse: true }, notice),
		[span('enter confirms, esc leaves', 'muted')],
	];
}

function underWay(
	{ progress, isPaused, isStopping }: Extract<DeskPhase, { kind: 'running' }>,
	width: number,
): readonly Line[] {
	// Once it has paused, the progress says so itself.
	const isPausing = isPaused && progress.yielding?.kind !== 'paused';
	const state = isStopping
		? 'stopping: what is in hand is rolled back'
		: isPausing
			? 'pausing after the slice in hand'
			: '';
	return [
		...(progress.totalRows > 0 || progress.slicesDone > 0
			? wrapped(progressText(progress), width)
			: [[span('at work…', 'muted')]]),
		...(state === '' ? [] : [[span(state, 'warn')]]),
		...(progress.lastNote === '' ? [] : wrapped(progress.lastNote, width, 'muted')),
		[],
		line(
			span('p', 'accent'),
			` ${isPaused ? 'goes on' : 'pauses, the lock given back'}   `,
			span('esc', 'accent'),
			' stops; what is done stays   ',
			span('a', 'accent'),
			' hides this',
		),
	];
}

const outcome = (
	{ lines, isWell }: Extract<DeskPhase, { kind: 'ended' }>,
	width: number,
): readonly Line[] => [
	...lines.flatMap((text, at) =>
		text === '' ? [[]] : wrapped(text, width, at === 0 && !isWell ? 'critical' : undefined),
	),
	[],
	[span('enter goes back to the list', 'muted')],
];

/** Text that is too long is wrapped between words, and goes on below where it began after its label. */
function wrapped(text: string, width: number, tone?: Parameters<typeof span>[1]): readonly Line[] {
	if (displayWidth(text) <= width) return [[span(text, tone)]];
	const [label = ''] = /^ +(?:\S+(?: \S+)* {2,})?/.exec(text) ?? [];
	const lead = label.length > width / 2 ? ' '.repeat(text.search(/\S/)) : label;
	return wrapWords(text.slice(lead.length), Math.max(1, width - lead.length)).map((each, at) => [
		span(`${at === 0 ? lead : ' '.repeat(lead.length)}${each}`, tone),
	]);
}

/** The first line shown, so that the one that matters is in sight. */
export function topFor({ lines, focus }: ActionContent, top: number, pageRows: number): number {
	if (focus === undefined || lines.length <= pageRows) return top;
	return Math.max(0, Math.min(focus - Math.floor(pageRows / 2), lines.length - pageRows));
}

/** How the key to the desk is labelled: by what is under way, if something is. */
export function actionLabel({ phase }: DeskState, isOpen: boolean): string {
	if (isOpen) return 'hide';
	if (phase.kind !== 'running') return 'actions';
	const { totalRows, doneRows } = phase.progress;
	const share = totalRows === 0 ? '' : ` ${Math.floor((100 * doneRows) / totalRows)}%`;
	return `${phase.title.split(' ')[0]?.toLowerCase()}${share}`;
}
