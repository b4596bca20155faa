#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node must get as far as the sentence below.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
	console.error(
		`tidemark needs Node 22.12 or newer and this is ${process.version}: install Node 24 LTS and start it again.`,
	);
	process.exitCode = 1;
} else {
	const { enableCompileCache } = await import('node:module');
	const { homedir } = await import('node:os');
	const { join } = await import('node:path');
	// In the user's own folder: a cache of code in a shared one could be somebody else's code.
	const cacheHome = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
	enableCompileCache(join(cacheHome, 'tidemark', 'code'));
	await import('./cli.js');
}
