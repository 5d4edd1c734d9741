namespace Bulwark.Scanning.Pickle;

/// <summary>Data types of the Python standard library, and its pure functions.</summary>
/// <remarks>They make values and nothing else. What reads attributes by name (getattr, attrgetter, methodcaller), imports, opens or runs is not here, and neither is anything that reaches another module, nor is a call of what calls its arguments, such as map.</remarks>
internal static class StandardLibraryGlobals
{
    /// <summary>One module a line, then its names: after <c>:</c> those that may be called, after <c>::</c> those that may only be named and made empty.</summary>
    public const string Text = """
        UserDict: UserDict IterableUserDict
        UserList: UserList
        UserString: UserString
        __builtin__: bool int float complex str bytes bytearray list tuple set frozenset dict object slice range memoryview len abs round pow divmod reversed
          enumerate zip iter hash id repr ascii bin hex oct ord chr isinstance issubclass callable format Ellipsis NotImplemented None True False unicode long
          xrange basestring unichr ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError
          BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError
          EncodingWarning EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError
          ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
          ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError
          ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StandardError StopAsyncIteration StopIteration
          SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError
          UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError
        __builtin__:: sum min max sorted map filter next all any
        __future__: annotations division absolute_import print_function unicode_literals generators nested_scopes with_statement generator_stop barry_as_FLUFL
          _Feature
        _codecs: encode
        _collections: OrderedDict defaultdict deque
        _datetime: date time datetime timedelta timezone
        _decimal: Decimal Context
        _functools: partial
        _io: BytesIO StringIO
        _operator: itemgetter pow abs
        _operator:: add sub mul truediv floordiv mod neg pos eq ne lt le gt ge and_ or_ xor not_ invert lshift rshift matmul truth is_ is_not contains concat
          getitem
        _pydecimal: Decimal
        _random: Random
        abc:: ABC
        argparse: Namespace
        array: array _array_reconstructor
        builtins: bool int float complex str bytes bytearray list tuple set frozenset dict object slice range memoryview len abs round pow divmod reversed
          enumerate zip iter hash id repr ascii bin hex oct ord chr isinstance issubclass callable format Ellipsis NotImplemented None True False
          ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning
          ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError EncodingWarning
          EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError
          ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError
          NameError NotADirectoryError NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError RecursionError
          ReferenceError ResourceWarning RuntimeError RuntimeWarning StandardError StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
          SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning
          UserWarning ValueError Warning ZeroDivisionError
        builtins:: sum min max sorted map filter next all any
        calendar: Month Day
        codecs: encode
        collections: OrderedDict defaultdict Counter deque ChainMap UserDict UserList UserString
        collections.abc: Mapping Sequence
        copy_reg: _reconstructor __newobj__ __newobj_ex__ _slotnames
        copyreg: _reconstructor __newobj__ __newobj_ex__ _slotnames
        dataclasses: _MISSING_TYPE MISSING
        datetime: date time datetime timedelta timezone tzinfo
        decimal: Decimal Context
        enum:: Enum IntEnum Flag IntFlag StrEnum auto
        exceptions: ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning
          ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError EncodingWarning
          EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError
          ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError
          NameError NotADirectoryError NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError RecursionError
          ReferenceError ResourceWarning RuntimeError RuntimeWarning StandardError StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
          SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning
          UserWarning ValueError Warning ZeroDivisionError
        fractions: Fraction
        functools: partial
        functools:: cmp_to_key
        html:: escape unescape
        http: HTTPStatus HTTPMethod
        inspect: _empty
        io: BytesIO StringIO
        ipaddress: IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface
        itertools: izip count cycle repeat chain islice zip_longest product permutations combinations combinations_with_replacement compress
        itertools:: imap ifilter
        math: pow
        math:: sqrt exp log log2 log10 log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh floor ceil trunc fabs hypot erf erfc gamma lgamma isnan
          isinf isfinite
        numbers: Number Complex Real Rational Integral
        operator: itemgetter pow abs
        operator:: add sub mul truediv floordiv mod neg pos eq ne lt le gt ge and_ or_ xor not_ invert lshift rshift matmul truth is_ is_not contains concat
          getitem
        pathlib: PurePath PurePosixPath PureWindowsPath Path PosixPath WindowsPath
        pathlib._local: PurePath PurePosixPath PureWindowsPath Path PosixPath WindowsPath
        random: Random
        re: _compile Pattern RegexFlag
        statistics: NormalDist
        string: Template
        textwrap:: dedent
        time: struct_time
        types: SimpleNamespace NoneType EllipsisType NotImplementedType MappingProxyType
        typing:: Any Union Optional List Dict Tuple Set Callable
        unicodedata:: normalize
        uuid: UUID SafeUUID
        zoneinfo: ZoneInfo ZoneInfo._unpickle
        zoneinfo._zoneinfo: ZoneInfo ZoneInfo._unpickle
        """;
}
