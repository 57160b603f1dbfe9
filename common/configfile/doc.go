// Package configfile reads a service's YAML configuration strictly. A typo, a
// wrong type, a duplicate key or an impossible value stops the service at start,
// with the file, the line and the path of the field. It never becomes a silent
// default.
//
// The target is a go-zero configuration struct. Its `json` tags (default,
// optional, options, range, inherit, env) mean what they mean to go-zero's
// core/conf, and it may embed zrpc.RpcServerConf and the like. It is stricter
// than core/conf:
//
//   - A key must be spelled exactly like the field, so that every setting has one
//     spelling to search for. core/conf ignores case and unknown keys.
//   - A field without optional, default or env is required, whatever its type.
//   - A key without a value is refused, unless it starts a section.
//   - Anchors, aliases, merge keys and second documents are refused.
//
// ${VAR} and ${VAR:-default} are replaced in values, after the YAML is parsed:
// the environment cannot change the structure of the file. The default is also
// used if the variable is empty. A variable that is not set and has no default is
// an error. $${ means a literal ${. A single $ has no special meaning.
//
// A list of strings may also be one comma-separated value, such as
// ${ADDRESSES:-}. An empty value is an empty list.
//
// The target's Validate method, if it has one, runs last. A struct that embeds
// zrpc.RpcServerConf inherits the Validate of zrpc.RpcServerConf: write your own
// and call the embedded one first. If several embedded structs have a Validate,
// Go promotes none of them. Load refuses such a target instead of skipping them.
package configfile
