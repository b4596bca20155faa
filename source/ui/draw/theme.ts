import type { Span, Tone } from './span.ts';

/** Palettes to choose from. */
export const themeNames = ['dark', 'light', 'mono', 'color-blind'] as const;

/** One of {@link themeNames}. */
export type ThemeName = (typeof themeNames)[number];

/** Parameters of SGR sequences by meaning: only the 16 colours that a terminal's own theme sets. */
type Palette = Readonly<Record<Tone, string>>;

const base = {
	accent: '36',
	title: '1',
	strong: '1',
	muted: '2',
	frame: '2',
	focus: '1;36',
	production: '1;7;31',
	'label-red': '31',
	'label-green': '32',
	'label-yellow': '33',
	'label-blue': '34',
	'label-magenta': '35',
	'label-cyan': '36',
} as const;

/** Weight instead of colour: for a terminal without colours, and for whoever wants none. */
const mono: Palette = {
	...(Object.fromEntries(Object.keys(base).map((tone) => [tone, '1'])) as Record<
		keyof typeof base,
		string
	>),
	accent: '',
	muted: '2',
	frame: '2',
	production: '1;7',
	ok: '',
	warn: '1',
	critical: '1',
	unknown: '',
};

const palettes: Readonly<Record<ThemeName, Palette>> = {
	dark: { ...base, ok: '32', warn: '33', critical: '1;31', unknown: '35' },
	// Yellow and cyan can't be read on white; blue and magenta can.
	light: {
		...base,
		accent: '34',
		focus: '1;34',
		ok: '32',
		warn: '35',
		critical: '1;31',
		unknown: '34',
	},
	mono,
	// Red and green are the pair that is confused most; blue, yellow and magenta are told apart.
	'color-blind': {
		...base,
		ok: '34',
		warn: '93',
		critical: '1;95',
		unknown: '36',
		production: '1;7;95',
	},
};

/** Turns a span into the parameters of its SGR sequence; empty is the terminal's own style. */
export type StyleOf = (span: Span) => string;

/**
 * The styles of a palette. Without colour weight remains (bold, dim, inverse): those are no
 * colours, and every state is a glyph or a word as well.
 */
export function createStyles(name: ThemeName, hasColor: boolean): StyleOf {
	const palette = hasColor ? palettes[name] : mono;
	const cache = new Map<string, string>();
	return ({ tone, isDim, isInverse }) => {
		if (tone === undefined && !isDim && !isInverse) return '';
		const key = `${tone ?? ''}${isDim ? 'd' : ''}${isInverse ? 'i' : ''}`;
		const known = cache.get(key);
		if (known !== undefined) return known;
		const own = tone === undefined ? '' : palette[tone];
		// Bold and dim exclude each other on most terminals; what is stale is never bold.
		const parts = own.split(';').filter((each) => each !== '' && !(isDim && each === '1'));
		if (isDim && !parts.includes('2')) parts.unshift('2');
		if (isInverse && !parts.includes('7')) parts.push('7');
		const parameters = parts.join(';');
		cache.set(key, parameters);
		return parameters;
	};
}
