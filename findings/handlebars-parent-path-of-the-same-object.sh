#!/bin/bash
# In Handlebars, `../` goes one level too far where an inner #each is at the object of the outer one.
#
# Expected: in an #each inside an #each, `../name` is a field of the outer item, whatever the inner item is.
# Seen with handlebars 4.7.10: two lists hold the same objects. Where the inner item is the same object as the outer one, no
# level is counted for the inner block, and `../name` is looked up outside both: it prints the value of the root, without an
# error, in strict mode too. For all other pairs it is the outer item's. With equal copies in place of the same objects, it is
# the outer item's for every pair.
# Source: the guide (Expressions, "Changing the context") says that `../` is the parent context, and that built-in blocks
# such as #each change it; it does not except equal contexts. The compiled template compares the contexts by identity.
. "$(dirname "$0")/lib/setup.sh"
registry handlebars@4.7.10

cat > "$tmp/render.cjs" << 'END'
const Handlebars = require('handlebars')
const nodes = [{ name: 'one' }, { name: 'two' }]
const render = Handlebars.compile('{{#each outer}}{{#each ../inner}}{{../name}}-{{name}} {{/each}}{{/each}}', { strict: true })
const shared = render({ name: 'root', outer: nodes, inner: nodes }).trim()
const copied = render({ name: 'root', outer: nodes, inner: nodes.map((node) => ({ ...node })) }).trim()
console.log(`handlebars ${Handlebars.VERSION}, the same objects: ${shared}`)
console.log(`copies of them: ${copied}`)
const isAsSeen = shared === 'root-one one-two two-one root-two' && copied === 'one-one one-two two-one two-two'
process.exitCode = isAsSeen ? 0 : 3
END
node "$tmp/render.cjs" || changed 'the parent path is another'
