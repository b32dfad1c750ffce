# A URL is blocked when its host or a name above it is listed: one look-up for each name.
package urls

import rego.v1

default block := false

block if {
	some name in input.names
	data.blocked[name]
}
