"""What the machine says of open answers, for the person who marks them. See docs/marking.md.

`suggestions` works them out, `grouping` puts like answers together, `awarding` gives full credit by itself where an
assignment allows it and the item has earned it. Nothing here ever denies credit: that takes a person.
"""
