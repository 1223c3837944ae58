"""Similarities in a hierarchy of nouns as explicit loops in float64, written from the definitions in words.

`above[c]` lists what stands directly above c, be it a hypernym or the class of an instance.

    ways(c)    every way from c upwards, as a list of the synsets on it
    steps(c,a) fewest steps of a way from c that ends in a
    hypo(c)    how many other synsets have a way that ends in c
    IC(c)      1 - log(hypo(c) + 1) / log(N), N synsets in all
    path(c,d)  1 / (1 + fewest steps from c up to a common ancestor and down to d); 0 without one
    jc(c,d)    1 - (IC(c) + IC(d) - 2 IC(a)) / 2, a the common ancestor of the highest IC
"""

import math
from collections.abc import Iterator, Mapping, Sequence

Above = Mapping[str, Sequence[str]]


def ways(above: Above, synset: str) -> Iterator[list[str]]:
    yield [synset]
    for higher in above[synset]:
        for way in ways(above, higher):
            yield [synset, *way]


def steps(above: Above, synset: str) -> dict[str, int]:
    fewest: dict[str, int] = {}
    for way in ways(above, synset):
        end = way[-1]
        count = len(way) - 1
        if end not in fewest or count < fewest[end]:
            fewest[end] = count
    return fewest


def hyponyms(above: Above, synset: str) -> int:
    count = 0
    for other in above:
        if other != synset and synset in steps(above, other):
            count += 1
    return count


def information_content(above: Above, synset: str) -> float:
    return 1.0 - math.log(hyponyms(above, synset) + 1) / math.log(len(above))


def path(above: Above, first: str, second: str) -> float:
    shortest = math.inf
    for common, count in steps(above, first).items():
        if common in steps(above, second):
            shortest = min(shortest, count + steps(above, second)[common])
    return 1.0 / (1.0 + shortest)


def jiang_conrath(above: Above, first: str, second: str) -> float:
    best = 0.0
    for common in steps(above, first):
        if common in steps(above, second):
            best = max(best, information_content(above, common))
    of_both = information_content(above, first) + information_content(above, second)
    return 1.0 - (of_both - 2.0 * best) / 2.0
