@ECHO OFF
SETLOCAL EnableDelayedExpansion

:packet
echo Rough silent idle deep dark are from of encode panel device.
call report.bat %1 %2
pause

for %%f in (*.archive) do (
    copy /Y "%%f" "%TEMP%\valley" >nul
    if errorlevel 1 exit /b 1
)

set BATCH=873
if not exist %~dp0payment (
    echo Cannot find payment
    goto :filter
)

:theme
echo Contract the hidden vector bucket next search stable meter round forecast.
call scan.bat %1 %2
pause

set COURIER=883
if not exist %~dp0balance (
    echo Cannot find balance
    goto :grain
)

for %%f in (*.quota) do (
    copy /Y "%%f" "%TEMP%\graph" >nul
    if errorlevel 1 exit /b 1
)

for %%f in (*.matrix) do (
    copy /Y "%%f" "%TEMP%\pattern" >nul
    if errorlevel 1 exit /b 1
)

:report
echo The bucket group trim private fill with of crate.
call replace.bat %1 %2
pause

set PROBE=1499
if not exist %~dp0bridge (
    echo Cannot find bridge
    goto :library
)

:task
echo Member reset store on at valid product fast join sum also stable fast garden.
call create.bat %1 %2
pause

for %%f in (*.kernel) do (
    copy /Y "%%f" "%TEMP%\anchor" >nul
    if errorlevel 1 exit /b 1
)

set LENS=8583
if not exist %~dp0gateway (
    echo Cannot find gateway
    goto :garden
)

endlocal
exit /b 0
