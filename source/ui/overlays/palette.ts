import { fuzzyScore } from '../../lib/fuzzy.ts';
import type { KeyFacts } from '../binding.ts';
import { clipLine, type Line, line, padLine, span } from '../draw/span.ts';
import { bindings, reasonOf } from '../keymap.ts';
import { allPanels } from '../panels/all-panels.ts';
import { whyNotInPast } from '../past-keys.ts';
import type { Command, Overlay } from '../state.ts';
import type { View } from '../views/all-views.ts';
import { allLists, isKept, panelOf } from '../views/list/all-lists.ts';
import { openList } from '../views/list/list-view.ts';

/** What the palette runs: a key as if it had been pressed, a view, or a command. */
export type PaletteEntry = {
	readonly name: string;
	/** What it is good for, where the name doesn't say it all; it is looked through as well. */
	readonly description?: string;
	/** The key that does the same, where there is one. */
	readonly shown: string;
	/** Why it can do nothing now. */
	readonly reason?: string;
	readonly run:
		| { readonly kind: 'key'; readonly key: string }
		| { readonly kind: 'view'; readonly view: View }
		| { readonly kind: 'command'; readonly command: Command };
};

/** What there is to act with; the desk says what of it can be had. */
const actions = ['tick', 'replay', 'verify', 'repair', 'backfill', 'prune'];

/** Keys that only make sense in the hand. */
const notNamed = new Set([
	'panel',
	'palette',
	'up',
	'down',
	'page-up',
	'page-down',
	'top',
	'bottom',
]);

/** All that the palette can find, as things stand under it. */
export function paletteEntries(facts: KeyFacts): readonly PaletteEntry[] {
	const withReason = (reason: string | undefined) => (reason === undefined ? {} : { reason });
	const keys = bindings
		.filter(({ intent }) => !notNamed.has(intent))
		.map(
			(binding): PaletteEntry => ({
				name: titleOf(binding.intent),
				description: binding.description,
				shown: binding.shown,
				...withReason(reasonOf(binding, facts)),
				run: { kind: 'key', key: binding.keys[0] ?? '' },
			}),
		);
	const lists = allLists
		.filter(({ isOfRow }) => isOfRow === undefined)
		.filter((list) => list.panel === undefined || facts.panels.includes(panelOf(list) ?? 0))
		.map((list): PaletteEntry => {
			const panel = allPanels.find(({ id }) => id === list.panel)?.title;
			return {
				name: `${panel ?? list.group}: ${list.title}`,
				shown: '',
				...withReason(isKept(list) ? undefined : whyNotInPast(facts)),
				run: { kind: 'view', view: openList(list) },
			};
		});
	const zooms = allPanels
		.filter(({ number }) => facts.panels.includes(number))
		.map(
			({ number, title }): PaletteEntry => ({
				name: `Zoom ${title}`,
				shown: '',
				run: { kind: 'view', view: { kind: 'zoom', panel: number, top: 0 } },
			}),
		);
	const acts = actions.map(
		(name): PaletteEntry => ({
			name: `Action: ${name}`,
			shown: '',
			...withReason(facts.whyNoActions),
			run: { kind: 'command', command: { kind: 'act', command: name } },
		}),
	);
	return [...lists, ...keys, ...zooms, ...acts];
}

const titleOf = (intent: string): string =>
	`${intent.slice(0, 1).toUpperCase()}${intent.slice(1).replaceAll('-', ' ')}`;

/** Those that answer to what is typed, the best first; all where nothing is. */
export function foundEntries(query: string, facts: KeyFacts): readonly PaletteEntry[] {
	const entries = paletteEntries(facts);
	if (query.trim() === '') return entries;
	return entries
		.map((entry) => ({ entry, score: fuzzyScore(query, textOf(entry)) }))
		.filter(({ score }) => score !== undefined)
		.toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0))
		.map(({ entry }) => entry);
}

const textOf = ({ name, description }: PaletteEntry): string =>
	description === undefined ? name : `${name}: ${description}`;

/** What is typed and what answers to it, the selected one marked. */
export function paletteLines(
	{ query, at }: Extract<Overlay, { kind: 'palette' }>,
	facts: KeyFacts,
	width: number,
	height: number,
): readonly Line[] {
	const found = foundEntries(query, facts);
	const selected = Math.min(at, found.length - 1);
	const rows = Math.max(1, height - 1);
	const top = Math.max(0, Math.min(selected - rows + 1, found.length - rows));
	const prompt = line(span(': ', 'accent'), query, { text: ' ', isInverse: true });
	const none = line(span(`nothing is called like "${query}"`, 'muted'));
	const entries = found.slice(top, top + rows).map((entry, index) => {
		const { name, description = '', shown, reason } = entry;
		const isOff = reason !== undefined;
		// What is cut off where it is narrow is what one can do without.
		const text = line(
			span(name, isOff ? 'muted' : undefined),
			shown === '' ? undefined : span(`  ${shown}`, isOff ? 'muted' : 'accent'),
			isOff ? span(`  ${reason}`, 'muted') : span(`  ${description}`, 'muted'),
		);
		const padded = padLine(text, width);
		return top + index === selected ? padded.map((each) => ({ ...each, isInverse: true })) : padded;
	});
	return [prompt, ...(found.length === 0 ? [none] : entries)].map((each) => clipLine(each, width));
}
