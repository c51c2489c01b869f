"""Template calls of Jekyll and Hugo in a text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.intake.markdown.body import markdown_html
from feedsvc.intake.markdown.template_calls import unfold

FIGURE = '<figure><img src="/a.jpg" alt="A pie"><figcaption>Hot Ann Lee</figcaption></figure>'
FILM = '<iframe src="https://www.youtube.com/embed/abc_-1"></iframe>'


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        ('{{< figure src="/a.jpg" alt="A pie" caption="Hot" attr="Ann Lee" >}}', FIGURE),
        (
            '{% include figure.html src="/a.jpg" alt="A pie" caption="Hot" credit="Ann Lee" %}',
            FIGURE,
        ),
        ('{{< figure src="a.jpg" >}}', '<img src="a.jpg" alt="">'),
        ("{{< youtube abc_-1 >}}", FILM),
        ('{{< youtube id="abc_-1" autoplay="true" >}}', FILM),
        ("{% youtube abc_-1 %}", FILM),
        ('{%- include youtube.html id="abc_-1" -%}', FILM),
        ("{{< vimeo 123 >}}", '<iframe src="https://player.vimeo.com/video/123"></iframe>'),
        (
            "{{< gist ann 123 >}}",
            '<a href="https://gist.github.com/ann/123">https://gist.github.com/ann/123</a>',
        ),
        ("![x]({{ site.baseurl }}/a.jpg)", "![x](/a.jpg)"),
        ("![x]({{ '/a.jpg' | relative_url }})", "![x](/a.jpg)"),
        ('![x]({{ "/a.jpg" | prepend: site.baseurl | prepend: site.url }})', "![x](/a.jpg)"),
        ("[x]({% post_url 2024-11-15-pizza %})", "[x](/2024/11/15/pizza.html)"),
        ("[x]({% link assets/a.pdf %})", "[x](/assets/a.pdf)"),
        ('[x]({{< relref "posts/pizza.md" >}})', "[x](posts/pizza.md)"),
        ("About {{ page.title }}.", "About Pizza."),
    ],
)
def test_a_call_becomes_what_it_means(call: str, meant: str) -> None:
    assert unfold(call, "Pizza") == meant


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{{% notice tip "a > b" %}}\nMind **this**.\n{{% /notice %}}', "\nMind **this**.\n"),
        ("{{< tabs >}}One{{< /tabs >}}", "One"),
        ("{% if site.x == 'a%b' %}One{% else %}Two{% endif %}", "OneTwo"),
        ("{% include toc.html %}One", "One"),
        ("{% comment %}no{% endcomment %}One{{/* no */}}", "One"),
        ("One\n{: .lead}\n![x](a.jpg){:width='10'}", "One\n\n![x](a.jpg)"),
    ],
)
def test_of_any_other_call_only_what_it_holds_is_left(text: str, left: str) -> None:
    assert unfold(text, "") == left


@pytest.mark.parametrize(
    "text",
    [
        "{% raw %}{{ page.title }} {% if x %}{% endraw %}",
        "{{</* youtube abc */>}}",
        "{{ user.name }} and 50 % of {it}",
        "{% half",
    ],
)
def test_what_is_no_call_is_left_alone(text: str) -> None:
    shown = (
        text.removeprefix("{% raw %}")
        .removesuffix("{% endraw %}")
        .replace("/*", "")
        .replace("*/", "")
    )

    assert unfold(text, "Pizza") == shown


@pytest.mark.parametrize(
    "text",
    [
        '{% highlight python linenos %}\nprint("{{ x }}") # ```\n{% endhighlight %}',
        '{{< highlight python "linenos=true" >}}\nprint("{{ x }}") # ```\n{{< /highlight >}}',
    ],
)
def test_code_stays_code(text: str) -> None:
    _, content = markdown_html(unfold(text, ""), None)

    assert content == (
        '<pre><code class="language-python">print(&quot;{{ x }}&quot;) # ```\n</code></pre>'
    )


@pytest.mark.parametrize(
    "call", ["{{< figure ", "{% include ", '{% a "', "{{%", "{% raw %}", "{{< x `"]
)
def test_many_open_calls_are_read_in_no_time(call: str) -> None:
    began = time.process_time()

    unfold(call * 5_000, "")

    assert time.process_time() - began < 5


@given(st.text(st.sampled_from("{}%<>/*\"'` abc|=x\n")), st.text(st.sampled_from("abc \n")))
def test_words_outside_of_calls_stay(calls: str, words: str) -> None:
    assert unfold(words, "") == words
    assert unfold(calls, "") is not None
