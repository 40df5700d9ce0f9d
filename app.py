"""Start with ``streamlit run app.py``: the navigation; each page is a file in ``pages/``."""

import streamlit as st
from starlette.middleware import Middleware

from emotion_core.api.mounting import Beside, Interface
from pages.mending.connections import FromMemory, ServerKnown
from pages.mending.downloads import InPieces
from pages.mending.own_names import OwnNamesOnly, own_names
from pages.mending.uploads import WithinQuota
from pages.viewer import server_time
from pages.viewer.accounts import prepare_logins
from pages.viewer.ahead import begin
from pages.viewer.cookie import KnowViewers
from pages.viewer.log import log_as_asked
from pages.viewer.login.door import Door
from pages.viewer.login.inside import is_let_in, know_people

log_as_asked()
# Before Streamlit reads them.
prepare_logins()
know_people()

# ``streamlit run`` finds this by its name, and lets it run this file for every viewer.
app = st.App(
    __file__,
    routes=[server_time.route],
    middleware=[
        Middleware(Beside, interface=Interface(own_names)),
        Middleware(OwnNamesOnly),
        Middleware(KnowViewers),
        Middleware(Door),
        Middleware(WithinQuota),
        Middleware(InPieces),
        Middleware(FromMemory),
        Middleware(ServerKnown),
    ],
    lifespan=begin,
)

#: File and address, title, and icon of each page, in the order of the navigation.
PAGES = (
    ("live_camera", "Live camera", "videocam"),
    ("photo", "Photo", "image"),
    ("video", "Video", "movie"),
    ("sessions", "Sessions", "timeline"),
    ("dataset", "Dataset explorer", "grid_view"),
    ("own_data", "My data", "add_a_photo"),
    ("train", "Train", "model_training"),
    ("evaluate", "Evaluate", "fact_check"),
    ("models", "Models", "neurology"),
    ("connect", "Connect", "hub"),
    ("about", "About", "info"),
)


def show() -> None:
    """Show the page that the address names, with the navigation around it."""
    # Here: as long as the server is not there, Streamlit warns of what pages ask of it.
    from pages.mending.callbacks import let_callbacks_finish
    from pages.mending.cleanup import clean_up_after_leaving, set_libraries_aside
    from pages.mending.ends_of_runs import delay_fragments_until_run_ends
    from pages.mending.history import arriving, write_addresses_after_arrival
    from pages.mending.labels import send_changed_labels
    from pages.mending.legacy_pages import disable_legacy_pages
    from pages.mending.popovers import focus_what_opens
    from pages.mending.uploads import keep_uploads_on_disk
    from pages.viewer.kept import offer_reset
    from pages.viewer.navigation import no_such_page, note_page
    from pages.viewer.on_air import end_what_was_left, show_on_air
    from pages.viewer.person import may, person
    from pages.widgets.order import is_in_order
    from pages.widgets.text import PRODUCT
    from pages.widgets.who import show_who

    disable_legacy_pages()
    clean_up_after_leaving()
    if not is_let_in():
        return
    if not is_in_order():
        return
    delay_fragments_until_run_ends()
    let_callbacks_finish()
    write_addresses_after_arrival()
    keep_uploads_on_disk()
    send_changed_labels()

    # Files of our own: browsers would fetch a named icon from the network.
    st.set_page_config(page_title=PRODUCT, page_icon="pages/widgets/icon.svg", layout="wide")
    st.logo("pages/widgets/logo.svg", size="large")

    shown = [
        st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:", url_path=name)
        for name, title, icon in PAGES
    ]
    live_camera = shown[0]
    if person() is not None and may("people"):
        shown.append(
            st.Page("pages/people.py", title="People", icon=":material/group:", url_path="people")
        )

    def go_to_live_camera() -> None:
        # Streamlit serves a default page at "/" alone; this way it has an address of its own too.
        st.switch_page(live_camera)

    start = st.Page(go_to_live_camera, title="Start", default=True, visibility="hidden")

    page = st.navigation([start, *shown, *no_such_page(shown)], position="top")
    st.set_page_config(page_title=f"{page.title} · {PRODUCT}")
    note_page(page)
    sign = st.container()
    with sign:  # also above a page that ends early
        show_who()
    end_what_was_left(page.url_path, is_live=page == live_camera)
    focus_what_opens()
    with arriving():
        page.run()
        if page != live_camera:  # which has its own beside its settings
            offer_reset()
    with sign:
        show_on_air(page.url_path)
    set_libraries_aside()


if __name__ == "__main__":
    show()
