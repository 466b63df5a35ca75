"""
A made-up city of any size: 東京都証野市 (139998). Nobody in it exists.

`lists` what names and places are made of · `names` · `places` · `numbers` made-up but valid numbers ·
`shapes` who lives together · `people` their records · `special` the people with labels · `generator` the stream · `writer` files.
"""
