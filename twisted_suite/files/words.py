"""What a folder's page says, in each language. Core."""

from collections.abc import Mapping
from dataclasses import dataclass

from twisted_suite.runtime.text import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words: a missing one is an error of the type checker."""

    root: str
    name: str
    size: str
    modified: str
    up: str
    search: str
    search_hint: str
    found: str  # {count}, {query}
    cut: str
    empty: str
    nothing_found: str
    folders: str  # {count}
    files: str  # {count}
    total: str  # {size}
    download_folder: str
    upload: str
    drop: str
    keys: str
    preview: str
    previous: str
    next: str
    close: str
    download: str
    no_preview: str
    too_large: str
    uploading: str
    uploaded: str
    retrying: str
    failed: str
    exists: str
    replace: str
    cancel: str


WORDS: Mapping[Language, Words] = {
    "en": Words(
        root="Files",
        name="Name",
        size="Size",
        modified="Modified (UTC)",
        up="Parent folder",
        search="Search",
        search_hint="Filter; Enter searches all folders below",
        found="{count} found for “{query}”",
        cut="There are more; search for something more exact.",
        empty="This folder is empty.",
        nothing_found="Nothing has such a name.",
        folders="{count} folders",
        files="{count} files",
        total="{size} in all",
        download_folder="Download all as",
        upload="Upload files",
        drop="Drop files to upload them here",
        keys="Keys: / search, ↑ ↓ move, Enter open, Space preview, Backspace up",
        preview="Preview",
        previous="Previous",
        next="Next",
        close="Close",
        download="Download",
        no_preview="There is no preview of this kind of file.",
        too_large="The beginning of the file:",
        uploading="uploading",
        uploaded="uploaded",
        retrying="interrupted, trying again",
        failed="failed",
        exists="is there already",
        replace="Replace",
        cancel="Cancel",
    ),
    "ko": Words(
        root="파일",
        name="이름",
        size="크기",
        modified="수정한 때 (UTC)",
        up="상위 폴더",
        search="검색",
        search_hint="걸러 보기, Enter는 아래 폴더까지 검색",
        found="“{query}” 검색 결과 {count}개",
        cut="결과가 더 있습니다. 더 자세히 검색하세요.",
        empty="빈 폴더입니다.",
        nothing_found="그런 이름이 없습니다.",
        folders="폴더 {count}개",
        files="파일 {count}개",
        total="모두 {size}",
        download_folder="전체 내려받기",
        upload="파일 올리기",
        drop="여기에 파일을 놓으면 올라갑니다",
        keys="단축키: / 검색, ↑ ↓ 이동, Enter 열기, Space 미리 보기, Backspace 위로",
        preview="미리 보기",
        previous="이전",
        next="다음",
        close="닫기",
        download="내려받기",
        no_preview="이 종류의 파일은 미리 볼 수 없습니다.",
        too_large="파일의 앞부분:",
        uploading="올리는 중",
        uploaded="올렸습니다",
        retrying="끊어져서 다시 시도합니다",
        failed="실패",
        exists="같은 이름이 이미 있습니다",
        replace="바꾸기",
        cancel="취소",
    ),
}
