// Package configfile reads a service's YAML configuration strictly: a typo, a
// wrong type, a duplicate key or an impossible value stops the service at
// start, with file, line and the field's path, instead of becoming a silent
// default.
//
// The target is a go-zero configuration struct: its `json` tags (default,
// optional, options, range, inherit, env) mean what they mean to go-zero's
// core/conf, and it may embed zrpc.RpcServerConf and the like. It differs from
// core/conf where that is lenient:
//
//   - a key must be spelt exactly like the field (core/conf ignores case and
//     unknown keys), so every setting has one spelling to search for;
//   - a field without optional, default or env is required, whatever its type;
//   - a key without a value is refused, except where it heads a section;
//   - anchors, aliases, merge keys and second documents are refused.
//
// ${VAR} and ${VAR:-default} are replaced in values, after parsing: what the
// environment holds cannot change the file's structure. The default also
// applies to an empty variable; a variable that is not set and has no default
// is an error. $${ stands for a literal ${. A lone $ has no meaning.
//
// A list of texts may also stand in one value, parted by commas, such as
// ${ADDRESSES:-}; an empty value is an empty list.
//
// The target's Validate method, if it has one, runs last. A struct that embeds
// zrpc.RpcServerConf inherits that one's Validate: write your own and call the
// embedded one first. Where several embedded structs have a Validate, Go
// promotes none, and Load refuses the target rather than skip them.
package configfile
